"""The catalogue as Markdown: what each task takes, in which dtypes, what its contract demands, what is timed."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from pytest_kernelbench.model.catalogue import CATEGORIES, Catalogue
from pytest_kernelbench.model.task import Task


def tasks_table(catalogue: Catalogue) -> str:
    """Return one table for each category, in the order of their size."""
    lines = [
        "# Tasks",
        "",
        "Written by `pytest-kernelbench tasks`. Demands beyond ordinary values: `nan` and `inf` in inputs, `empty` and",
        "`zero_dim` tensors, `out=`; `random` results differ from call to call; `by` names a comparison by meaning.",
    ]
    for category in CATEGORIES:
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
        f"`{task.entry or name}{inspect.signature(task.reference)}`",
        ", ".join(task.dtypes),
        ", ".join(_demands(task)),
        ", ".join(task.workloads),
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _demands(task: Task) -> Iterator[str]:
    contract = task.contract
    yield from (flag for flag in ("nan", "inf", "empty", "zero_dim") if getattr(contract, flag))
    if task.takes_out:
        yield "out"
    if task.mutates:
        yield f"writes {' '.join(task.mutates)}"
    if not contract.deterministic:
        yield "random"
    if task.compare != "values":
        yield f"by {task.compare}"
