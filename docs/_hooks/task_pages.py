"""MkDocs hook: one generated page for each category of tasks, made from the task files themselves."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from pytest_kernelbench.model.case import LAYOUTS, Case
from pytest_kernelbench.model.catalogue import CATEGORIES, Catalogue, TaskFile, snake_case
from pytest_kernelbench.model.task import VALUE_FILLS, Contract, Task

COMPARED = {
    "values": "By value: each element within the error budget, integers and booleans exactly.",
    "gathered": "By the elements that the returned indices point at: any index of a tied value is right.",
    "residual": "By the backward error of the solution, since rounding may move the solution itself far.",
    "random": "By what must hold of every draw, and by statistical tests with a bounded false alarm rate.",
    "quantised": "Against every quantisation that the task's documentation allows, exactly except at rounding ties.",
    "properties": "By properties that every right result has, since the result is not unique.",
    "dropout": "Each element must be the kept or the dropped one; the share of dropped elements is tested.",
}
"""What each comparison of `pytest_kernelbench.model.task.COMPARISONS` accepts."""

SIGNATURES = "The name of a task links to its signature and to all that is demanded of it."

TF32 = " A float32 product that is right only to TF32 passes, with the grade `tf32`."


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page of each category to the site; nothing is written into the source tree."""
    for category in CATEGORIES:
        files.append(File.generated(config, page_of(category), content="\n".join(_page(category))))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Link the catalogue, `docs/tasks.md`, to the pages of the categories, which have the signatures instead of it."""
    if page.file.src_uri != "tasks.md":
        return markdown
    # The navigation names the categories, too, and the tables need the room.
    page.meta["hide"] = ["toc"]
    title, _, rest = markdown.partition("\n")
    return "\n".join((title, "", SIGNATURES, "", *map(_linked, rest.split("\n"))))


def _linked(line: str) -> str:
    """Link one line of the catalogue, a heading or a row, and leave the signature of a row out."""
    if heading := re.fullmatch(r"## (\w+) \(\d+\)", line):
        return f"## [{line.removeprefix('## ')}]({page_of(heading[1])})"
    cells = re.split(r"(?<!\\)\|", line)
    if len(cells) < 4:
        return line
    name = cells[1].strip(" `")
    if file := _catalogue().names().get(name):
        cells[1] = f" [`{name}`]({page_of(file.category)}#{name}) "
    return "|".join((*cells[:2], *cells[3:]))


def page_of(category: str) -> str:
    """Return the file name of a category's page, `LinearAlgebra` -> `tasks-linear-algebra.md`."""
    return f"tasks-{snake_case(category).replace('_', '-')}.md"


@cache
def _catalogue() -> Catalogue:
    return Catalogue.find()


def _page(category: str) -> Iterator[str]:
    files = [file for file in _catalogue().names().values() if file.category == category]
    yield f"# {category}"
    yield ""
    yield (
        f"{len(files)} tasks, selected by `-m {snake_case(category)}`. "
        "[How values are judged](how-values-are-judged.md) explains the error budget and the comparisons; "
        "[errata](errata.md) lists the published references that are wrong."
    )
    for file in files:
        yield ""
        yield from _section(file, _catalogue().load(file.name))


def _section(file: TaskFile, task: Task) -> Iterator[str]:
    yield f"## `{file.name}` {{ #{file.name} }}"
    yield ""
    yield "```python"
    yield _signature(task.entry or file.name, task)
    yield "```"
    yield ""
    yield _prose(_docstring(file))
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    for name, text in _facts(task):
        yield f"| **{name}** | {text.replace('|', chr(92) + '|')} |"
    yield ""
    yield from _folded("fixed case", map(repr, task.fixed_cases), len(task.fixed_cases))
    if task.workloads:
        lines = [line for name, case in task.workloads.items() for line in (f"# {name}", repr(case))]
        yield from _folded("workload", lines, len(task.workloads))


def _signature(name: str, task: Task) -> str:
    """Return the signature on one line, or one parameter to a line where that is too long."""
    signature = inspect.signature(task.reference)
    line = f"{name}{signature}"
    if len(line) <= 80:
        return line
    parts: list[str] = []
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not any(part[0] == "*" for part in parts):
            parts.append("*")
        parts.append(str(parameter))
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + ")"


def _docstring(file: TaskFile) -> str:
    return ast.get_docstring(ast.parse(file.path.read_text(encoding="utf-8"))) or ""


def _prose(text: str) -> str:
    """Escape what Markdown would take for markup, except in code spans."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(piece if piece.startswith("`") else re.sub(r"([*_<\[\]])", r"\\\1", piece) for piece in pieces)


def _folded(name: str, lines: Iterable[str], count: int) -> Iterator[str]:
    yield f'??? note "{count} {name}{"" if count == 1 else "s"}"'
    yield ""
    yield "    ```python"
    yield from (f"    {line}" for line in lines)
    yield "    ```"
    yield ""


def _facts(task: Task) -> Iterator[tuple[str, str]]:
    if task.aliases:
        yield "Also named", _codes(task.aliases)
    yield "Dtypes", _codes(task.dtypes)
    yield "Returns", _returned(task)
    yield "Writes in place", _written(task)
    yield "Compared", COMPARED[task.compare] + (TF32 if task.tf32 else "")
    contract = task.contract
    yield "Layouts", "all" if set(contract.layouts) == set(LAYOUTS) else _codes(contract.layouts)
    yield "Values", _values(contract)
    demands = dict(_demands(task))
    yield "Demanded", ", ".join(name for name, demanded in demands.items() if demanded) or "nothing else"
    if spared := [name for name, demanded in demands.items() if not demanded]:
        yield "Not demanded", ", ".join(spared)


def _demands(task: Task) -> Iterator[tuple[str, bool]]:
    """Yield what a contract may demand beyond ordinary values, and whether this one does."""
    contract = task.contract
    where = f" in {_codes(contract.nan)}" if isinstance(contract.nan, tuple) and contract.nan else ""
    yield f"NaN{where}", bool(contract.nan)
    yield "infinities", contract.inf
    yield "tensors without elements", contract.empty
    yield "tensors without dimensions", contract.zero_dim
    if "out" in task.parameters:
        yield "`out=` written and returned", task.takes_out
        yield "`out=` that is an input", task.takes_out and task.elementwise
    yield "the same bits for the same inputs", contract.deterministic
    yield "a result that shares no memory with an input", not contract.alias


def _returned(task: Task) -> str:
    """Say what the reference returns on the first fixed case."""
    from pytest_kernelbench.wire.calling_conventions import invoke
    from pytest_kernelbench.wire.materialize import materialize

    case = task.fixed_cases[0]
    parameters = [(name, parameter.kind.name) for name, parameter in task.parameters.items()]
    result = invoke(task.calling_convention, task.reference, parameters, materialize(case).values)
    if task.calling_convention == "optimizer":
        return "an optimizer; judged are the parameters after its steps"
    return f"{_described(result)} for the first fixed case"


def _described(result: Any) -> str:
    import torch

    if isinstance(result, torch.Tensor):
        return f"`{str(result.dtype).removeprefix('torch.')}{tuple(result.shape)}`"
    if isinstance(result, (tuple, list)):
        return f"a {'tuple' if isinstance(result, tuple) else 'list'} of {', '.join(map(_described, result))}"
    return f"`{result!r}`"


def _written(task: Task) -> str:
    compared = [f"{_codes(task.mutates)} (compared afterwards)"] if task.mutates else []
    if not callable(task.scratch):
        free = [f"{_codes(task.scratch)} (may be overwritten; not compared)"] if task.scratch else []
    else:
        names = {name for case in _cases(task) for name in task.written(case)} - {*task.mutates, "out"}
        free = [f"{_codes(sorted(names))} (may be overwritten in some cases; not compared)"]
    return ", ".join((*compared, *free)) or "nothing"


def _cases(task: Task) -> tuple[Case, ...]:
    return (*task.fixed_cases, *task.workloads.values())


def _values(contract: Contract) -> str:
    if set(contract.values) == set(VALUE_FILLS):
        return "all"
    missing = [fill for fill in VALUE_FILLS if fill not in contract.values]
    extra = [fill for fill in contract.values if fill not in VALUE_FILLS]
    if not extra and len(missing) < len(contract.values):
        return f"all except {_codes(missing)}"
    return _codes(contract.values) or "ordinary values only"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
