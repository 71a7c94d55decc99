"""What a row of a corpus says: for which task its kernels are, their code, round and model, recognised by its keys."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_kernelbench.model.code import parsed, syntax_error
from pytest_kernelbench.model.problems import row_of
from pytest_kernelbench.model.source import VARIANT

TASK = ("task", "file", "filename", "task_name", "op_name", "op", "entry_point", "function", "kernel_name", "name",
        "task_id")  # fmt: skip
"""Keys that name a task, in order of preference."""

CODE = ("code", "predict", "prediction", "predicted", "output", "response", "completion", "generation", "answer",
        "generated_code", "kernel_code", "kernel", "generated_text", "choices", "samples", "outputs", "responses",
        "completions", "generations", "predictions", "text", "content", "message")  # fmt: skip
"""Keys that hold code, or a list of samples of it, in order of preference."""

PROMPT = ("instruction", "prompt", "question", "input", "messages", "description")
"""Keys that hold the text that a model was given."""

ROUND = ("round", "iteration")

_WRAPPER = re.compile(r"Wrapper Entry Information:[\s`*]*(?:def\s+)?(?:\w+\.)*(\w+)[ \t`]*(\(\s*Tensor\s*\))?\s*\(?")
_PROBLEM = re.compile(r"level_?(\d+)_problem_?(\d+)")


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns that the user gives; None recognises a column by its name."""

    code: str | None = None
    task: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a row."""

    label: object
    """What the row calls its task; None where it does not say."""
    text: object
    """The answer, normally a text with code."""
    round: object = None
    """Its round as the row has it."""
    model: str | None = None
    """The model that wrote it, where the user named a column for that."""
    variant: str | None = None
    """The round or sample that its folder names."""
    described: str | None = None
    """The function that the prompt names, which counts where the label names no task."""
    argument: str | None = None
    """The first argument of the function, where the prompt gives its arguments but not its name."""


def answers(row: object, columns: Columns, known: frozenset[str] = frozenset()) -> list[Answer]:
    """Return the answers in a row; nothing where its keys are not known.

    `known` are the names of tasks: an object whose keys are names of tasks holds the code of each.
    """
    if not isinstance(row, Mapping):
        return []
    model = str(row[columns.model]) if columns.model and row.get(columns.model) is not None else None
    if columns.code is None and "task_id" in row and ("before_code" in row or "after_code" in row):
        steps = (("before_code", "from_round"), ("after_code", "to_round"))
        return [Answer(row["task_id"], row[code], row.get(number), model) for code, number in steps if code in row]
    there = sorted((key for key in CODE if key in row), key=lambda key: row[key] in (None, ""))  # the sort is stable
    key = columns.code or next(iter(there), None)
    label = _label(row, columns.task)
    described, argument = _described(row, columns.task)
    if key is not None and key in row and any(each is not None for each in (label, described, argument)):
        round_ = next((row[each] for each in ROUND if each in row), None)
        texts = list(_texts(row[key])) or [None]
        # It becomes a folder: nothing else than the name of a round or a sample may.
        named = row.get("variant")
        variant = named if isinstance(named, str) and VARIANT.fullmatch(named) else None
        return [Answer(label, text, round_, model, variant, described, argument) for text in texts]
    if key is None and columns.code is None and known and not known.isdisjoint(row):
        return [Answer(name, text, None, model) for name, value in row.items() for text in _texts(value)]
    return []


def _label(row: Mapping[str, Any], column: str | None) -> object:
    """Return what a row calls its task, which may be the level and the number of a problem of KernelBench."""
    name = next((row[key] for key in ((column,) if column else TASK) if row.get(key) not in (None, "")), None)
    problem = row_of(row) if name is None and column is None else None
    return name if problem is None else problem[0]


def _described(row: Mapping[str, Any], column: str | None) -> tuple[str | None, str | None]:
    """Return the function that a prompt names, else the first argument of the function that it describes."""
    for key in (column,) if column else PROMPT:
        if wrapper := _WRAPPER.search(text_of(row.get(key, ""))):
            named = wrapper[0].endswith("(") and wrapper[2] is None
            return (wrapper[1], None) if named else (None, wrapper[1])
    return None, None


def _texts(value: object) -> Iterator[object]:
    """Yield the texts of an answer: of each sample, where it is a list of them or a text that holds JSON."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        value = _from_json(value)  # a text that is JSON is no kernel
    if isinstance(value, Mapping):
        inner = next((value[key] for key in CODE if key in value), None)
        yield from _texts(inner) if inner is not None else ()
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        spoken = [each for each in value if isinstance(each, Mapping) and each.get("role") == "assistant"]
        for each in spoken[-1:] or value:
            yield from _texts(each)
    else:
        yield value


def _from_json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def text_of(value: object) -> str:
    """Return the text of a prompt, which may be a list of messages."""
    if isinstance(value, Mapping):
        return text_of(value.get("content", ""))
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return "\n".join(map(text_of, value))
    return str(value)


def problem_of(label: object) -> tuple[int, int] | None:
    """Return level and number where a label names a problem of KernelBench."""
    found = _PROBLEM.search(str(label))
    return (int(found[1]), int(found[2])) if found else None


def functions_of(code: str) -> dict[str, tuple[str, ...]]:
    """Return the functions that code defines, each with the names of its parameters; none where it is not Python."""
    if syntax_error(code) is not None:
        return {}
    found = (node for node in parsed(code).body if isinstance(node, ast.FunctionDef))
    return {node.name: tuple(each.arg for each in (*node.args.posonlyargs, *node.args.args)) for node in found}
