"""Digests of tasks: what the judge asks, and the code of the reference and of the functions behind it.

A digest changes with every case, demand or formula of a task, also where these come from a family. It does not change
with names of files, comments, docstrings or the layout of code, and is the same in every process and Python version.
"""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from pytest_kernelbench import Task
from pytest_kernelbench.judge.correctness import facets
from pytest_kernelbench.model.task import FACETS

SHARED = (
    "pytest_kernelbench.authoring.families",
    "pytest_kernelbench.authoring.quantisation",
    "pytest_kernelbench.authoring.strategies.families",
)
"""Modules whose functions count, beside those of the task's own file."""

FORMULAS = ("reference", "cases", "properties", "pipelines")
"""Fields of a task whose code counts; of other functions, what they give for the fixed cases and workloads."""

NUMBERS = ("accumulation", "drop_probability", "flops_and_bytes")
"""Functions of a case."""

PLAIN = (
    "dtypes", "contract", "large", "long_sums", "value_cases", "elementwise", "table", "workloads", "entry", "calling_convention",
    "compare", "tf32", "mutates",
)  # fmt: skip


def digest(task: Task) -> str:
    """Return the first 12 digits of the SHA-256 of what the judge asks of a task."""
    parts = [*_asked(task), *_code(task)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _asked(task: Task) -> Iterator[str]:
    cases = [case for facet in FACETS for case in facets.fixed_cases(task, facet)]
    yield from map(repr, cases)
    yield from (repr(getattr(task, field)) for field in PLAIN)
    yield ", ".join(map(str, task.parameters.values()))
    for case in (*task.fixed_cases, *task.workloads.values()):
        yield repr(sorted(task.written(case)))
        yield from (_value(getattr(task, field), case) for field in NUMBERS)


def _value(function: Callable[[Any], Any] | None, case: Any) -> str:
    try:
        return repr(function and function(case))
    except AttributeError:  # a workload may leave out an argument with a default
        return "undefined"


def _code(task: Task) -> Iterator[str]:
    """Yield the code of the task's formulas and of the functions of its file and its families that they use."""
    waiting: list[Any] = [*task.dropout, *(getattr(task, field) for field in FORMULAS)]
    own, seen = _file(task.reference), set[Any]()
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, FunctionType) and (_file(value) == own or value.__module__.startswith(SHARED)):
            if value.__code__ not in seen:
                seen.add(value.__code__)
                yield source(_file(value), value.__code__.co_firstlineno)
                waiting += _used(value)
        elif isinstance(value, (str, int, float, complex, tuple, dict)):
            yield repr(value)


def _file(function: Any) -> str:
    return str(function.__code__.co_filename)


def _used(function: FunctionType) -> list[Any]:
    """Return the values of the names that a function uses, and of its defaults, in a fixed order."""
    names = sorted(set(_names(function.__code__)))
    inside = [function.__globals__[name] for name in names if name in function.__globals__]
    modules = [value for value in inside if isinstance(value, ModuleType) and value.__name__.startswith(SHARED)]
    inside += [getattr(module, name) for module in modules for name in names if hasattr(module, name)]
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    return [*inside, *cells]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def source(file: str, line: int) -> str:
    """Return the code of the functions that begin in a line of a file, without comments, docstrings and spaces."""
    text, tree = _parsed(file)
    functions = (ast.FunctionDef, ast.Lambda)
    found = [node for node in ast.walk(tree) if isinstance(node, functions) and _first_line(node) == line]
    return "".join("".join((ast.get_source_segment(text, node) or "").split()) for node in found)


def _first_line(node: ast.FunctionDef | ast.Lambda) -> int:
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    return min([node.lineno, *(each.lineno for each in decorators)])


@cache
def _parsed(file: str) -> tuple[str, ast.Module]:
    """Return the text of a file with spaces for comments and docstrings, and its syntax tree."""
    lines = Path(file).read_text(encoding="utf-8").splitlines(keepends=True)
    spans = []
    for token in tokenize.generate_tokens(io.StringIO("".join(lines)).readline):
        if token.type == tokenize.COMMENT:
            spans.append((*token.start, *token.end))
    for node in ast.walk(ast.parse("".join(lines))):
        if (
            isinstance(node, ast.FunctionDef)
            and ast.get_docstring(node, clean=False) is not None
            and len(node.body) > 1
        ):
            doc = node.body[0]
            spans.append((doc.lineno, doc.col_offset, doc.end_lineno or 0, doc.end_col_offset or 0))
    for first, start, last, end in spans:
        for number in range(first, last + 1):
            line = lines[number - 1]
            left, right = (start if number == first else 0), (end if number == last else len(line.rstrip("\n")))
            lines[number - 1] = line[:left] + " " * (right - left) + line[right:]
    text = "".join(lines)
    return text, ast.parse(text)
