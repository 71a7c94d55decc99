"""Every task file follows the rules of task files, and the judge accepts right answers to its cases."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from pytest_kernelbench import Task
from pytest_kernelbench.judge.correctness.accumulators import accumulating_cases, shorter_sums
from pytest_kernelbench.judge.correctness.large import large_cases
from pytest_kernelbench.model.case import leaves
from pytest_kernelbench.model.catalogue import Catalogue, default_root
from pytest_kernelbench.model.demands import demands_of, is_listed, listed
from tests.support.soundness import drawn_cases, fixed_cases, refusals

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "tasks.jsonl"
"""Signatures of the benchmark, where this file exists."""

MAX_BYTES = 24 << 30

SEARCHED = ("sizes", "dtypes", "layouts", "values")
"""Facets that draw cases of their own; `contract` and `engine` draw the same as these, `basic` draws none."""

DRAWN, LONG = 4, 75
"""Cases drawn per facet, and those of a long search."""

EXTRA_IN_EVERY_RUN = ("argmax", "fused_transformer_block", "masked_select", "matmul_bf16")
"""Tasks whose large cases and long sums are tried in every run."""

CATALOGUE = Catalogue.find()
TASKS = sorted(CATALOGUE.names())


@cache
def published() -> dict[str, dict[str, str]]:
    rows = map(json.loads, PUBLISHED.read_text(encoding="utf-8").splitlines()) if PUBLISHED.exists() else ()
    return {row["task"]: row for row in rows}


def test_no_task_loads_torch_triton_numpy_or_hypothesis() -> None:
    code = (
        "import sys; from pytest_kernelbench.model.catalogue import Catalogue\n"
        "catalogue, guilty = Catalogue.find(), {}\n"
        "for name in catalogue.names():\n"
        "    catalogue.load(name)\n"
        "    for heavy in {'torch', 'triton', 'numpy', 'hypothesis'} & set(sys.modules):\n"
        "        guilty.setdefault(heavy, name)\n"
        "print(guilty)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=default_root().parent, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("{}", "")


@pytest.mark.skipif(not published(), reason="the file of published signatures does not exist")
@pytest.mark.parametrize("name", TASKS)
def test_the_signature_is_the_published_one(name: str) -> None:
    row = published()[name]
    (function,) = ast.parse(f"def {row['signature'].split(' -> ')[0]}: pass").body
    assert isinstance(function, ast.FunctionDef)
    task = CATALOGUE.load(name)
    assert (task.entry or name) == function.name
    ours, theirs = shape_of(inspect.signature(task.reference)), shape_of_source(function.args)
    if "*," in row["arguments"]:  # the documentation of some says keyword-only where the signature does not
        ours, theirs = without_kinds(ours), without_kinds(theirs)
    assert ours == theirs


def without_kinds(shape: list[tuple[str, str, bool]]) -> list[tuple[str, bool]]:
    return [(name, default) for name, _, default in shape]


def shape_of(signature: inspect.Signature) -> list[tuple[str, str, bool]]:
    """Return name, kind and whether there is a default, of each parameter."""
    return [
        (parameter.name, parameter.kind.name, parameter.default is not inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]


def shape_of_source(arguments: ast.arguments) -> list[tuple[str, str, bool]]:
    plain = [*arguments.posonlyargs, *arguments.args]
    required = len(plain) - len(arguments.defaults)
    rows = [
        (each.arg, "POSITIONAL_ONLY" if each in arguments.posonlyargs else "POSITIONAL_OR_KEYWORD", index >= required)
        for index, each in enumerate(plain)
    ]
    rows += [(arguments.vararg.arg, "VAR_POSITIONAL", False)] if arguments.vararg else []
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    rows += [(each.arg, "KEYWORD_ONLY", default is not None) for each, default in pairs]
    return rows + ([(arguments.kwarg.arg, "VAR_KEYWORD", False)] if arguments.kwarg else [])


@pytest.mark.parametrize("name", TASKS)
def test_the_file_says_what_the_task_is(name: str) -> None:
    text = CATALOGUE.names()[name].path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, "a task file starts with a docstring"
    assert docstring.partition("\n")[0][-1] in ".;", "its first line is one sentence"
    task = CATALOGUE.load(name)
    assert task.workloads, "a task names at least one workload"
    for case in task.workloads.values():
        assert sum(recipe.nbytes for _, recipe in leaves(case)) <= MAX_BYTES
    assert 6 <= len(task.fixed_cases) <= 24
    assert all(recipe.dtype for case in task.fixed_cases for _, recipe in leaves(case))


def unsound(task: Task, count: int) -> tuple[Counter[str], list[str]]:
    """Return how many cases were tried, and what was refused."""
    tried = Counter[str]()
    cases = fixed_cases(task)
    tried["fixed"] = len(cases)
    for facet in SEARCHED:
        drawn = drawn_cases(task, facet, count)
        tried[facet] = len(drawn)
        cases += drawn
    known = listed(task)
    refused = [line for case in dict.fromkeys(cases) for line in refusals(task, case)]
    made = {demand for case in cases for demand in demands_of(case)}
    unlisted = [demand for demand in made if not is_listed(task, demand, known)]
    return tried, refused + [f"{demand} is made by a drawn case, and not listed" for demand in unlisted]


@pytest.mark.parametrize("name", TASKS)
def test_right_answers_are_accepted(name: str) -> None:
    tried, refused = unsound(CATALOGUE.load(name), DRAWN)
    assert not refused, f"{len(refused)} of {tried.total()} cases:\n" + "\n".join(refused[:5])


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_right_answers_are_accepted_in_a_long_search(name: str) -> None:
    tried, refused = unsound(CATALOGUE.load(name), LONG)
    assert not refused, f"{len(refused)} of {tried.total()} cases:\n" + "\n".join(refused[:5])


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in EXTRA_IN_EVERY_RUN else pytest.mark.slow) for name in TASKS]
)
def test_right_answers_to_large_cases_and_long_sums_are_accepted(name: str) -> None:
    task = CATALOGUE.load(name)
    cases = dict.fromkeys((*large_cases(task), *accumulating_cases(task), *shorter_sums(task)))
    refused = [line for case in cases for line in refusals(task, case)]
    assert not refused, f"{len(refused)} answers to {len(cases)} cases:\n" + "\n".join(refused[:5])
