"""`pytest-kernelbench tasks`: a Markdown page of all tasks, with their signatures, dtypes, demands and workloads."""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_kernelbench.cli.arguments import add_tasks, catalogue_of
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.demands import texts
from pytest_kernelbench.model.task import Task

if TYPE_CHECKING:
    from pytest_kernelbench.cli.arguments import Commands

INTRODUCTION = """\
# Tasks

Each task with the signature that kernels must have, its dtypes, what it demands beyond ordinary values, and
the workloads that are timed. `also` is a name that another benchmark gives the same function: files and functions may
have it. `pytest-kernelbench tasks` writes this page. A dtype or a demand with arguments in parentheses holds for those
alone. The demands are

- `nan`, `inf`: a result is defined for NaN or infinities in the inputs,
- `empty`, `zero_dim`: tensors without elements, or without dimensions, are legal,
- `out`: `out=` is written and returned, `out in place`: also where it is one of the inputs,
- `generator`, `requires_grad`: random numbers come from the generator, and the result requires gradients on demand,
- `changed options`, `missing gradients`: options of an optimizer change between steps, as schedulers change them, and
  parameters may have no gradient,
- `writes`: these arguments are written, and compared afterwards,
- `random`: the result differs from call to call,
- `by`: results are compared in another way than by value
  ([how values are judged](how-values-are-judged.md#what-else-is-compared)).
"""


def declare(commands: Commands) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser("tasks", help="print all tasks as Markdown")
    add_tasks(parser)
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the page."""
    sys.stdout.write(tasks_table(catalogue_of(arguments)))
    return 0


def tasks_table(catalogue: Catalogue) -> str:
    """Return the page: one table for each category, the largest category first."""
    lines = [INTRODUCTION.removesuffix("\n")]
    for category in catalogue.counts():
        files = [file for file in catalogue.names().values() if file.category == category]
        if files:
            lines += ["", f"## {category} ({len(files)})", "", *_header()]
            lines += [_row(file.name, catalogue.load(file.name)) for file in files]
    return "\n".join(lines) + "\n"


def _header() -> Iterator[str]:
    yield "| task | signature | dtypes | demands | workloads |"
    yield "| --- | --- | --- | --- | --- |"


def _row(name: str, task: Task) -> str:
    cells = (
        f"`{name}`",
        f"`{task.entry or name}{inspect.signature(task.reference)}`{_also(task)}",
        ", ".join((*task.dtypes, *texts(task, dtypes=True))),
        ", ".join(_demands(task)),
        ", ".join(task.workloads),
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _also(task: Task) -> str:
    """Return the names that other benchmarks give the function."""
    return "".join(f", also `{alias}`" for alias in task.aliases)


def _demands(task: Task) -> Iterator[str]:
    contract = task.contract
    yield from texts(task, dtypes=False)
    if task.takes_out:
        yield "out"
        if task.elementwise:
            yield "out in place"
    if task.mutates:
        yield f"writes {' '.join(task.mutates)}"
    if not contract.deterministic:
        yield "random"
    if task.compare != "values":
        yield f"by {task.compare}"
