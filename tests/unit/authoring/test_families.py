"""Families of tasks: their cases are valid, and cover what the facets need."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kernelbench import Contract
from pytest_kernelbench.authoring.strategies import choice, elementwise, reduction
from pytest_kernelbench.authoring.strategies.families import ELEMENTWISE_SHAPES, reduced
from pytest_kernelbench.model.case import leaves
from pytest_kernelbench.model.task import FACETS


@pytest.mark.parametrize("facet", FACETS)
@pytest.mark.parametrize(
    "task", [elementwise(lambda input: input.exp()), reduction(lambda input, dim, keepdim: input.sum(dim, keepdim))]
)
def test_the_cases_of_families_are_valid(task: Any, facet: str) -> None:
    from pytest_kernelbench.judge.comparison.evidence import collect_evidence
    from pytest_kernelbench.judge.correctness import facets

    asked = facets.draw_requests(task, facet, task.dtypes)

    @settings(max_examples=25, deadline=None, database=None)
    @given(st.data())
    def check(data: Any) -> None:
        dtype = data.draw(st.sampled_from(sorted(asked)))
        case = task.cases(data.draw, asked[dtype])
        for _, recipe in leaves(case):
            assert recipe.numel <= asked[dtype].limit
            assert recipe.layout in asked[dtype].layouts
            assert recipe.dtype == dtype
        collect_evidence(task, case)

    check()


def test_an_elementwise_task() -> None:
    task = elementwise(
        lambda input, alpha=1.0: input * alpha,
        fill="uniform(1, 2)",
        options=lambda draw: {"alpha": draw(choice(2.0))},
        keywords=({"alpha": 0.5},),
        dtypes=("float16",),
        tf32=True,
    )
    plain = task.fixed_cases[: len(ELEMENTWISE_SHAPES)]
    assert [case.input.shape for case in plain] == list(ELEMENTWISE_SHAPES)
    assert {(case.input.dtype, case.input.fill) for case in task.fixed_cases} == {("float16", "uniform(1, 2)")}
    assert [case.arguments.get("alpha") for case in task.fixed_cases[-3:]] == [None, 0.5, 0.5]
    assert (task.contract.empty, task.contract.zero_dim, task.tf32) == (True, True, True)
    assert {(0,), (2, 0, 3), ()} <= {case.input.shape for case in task.fixed_cases}


def test_a_contract_leaves_out_cases() -> None:
    task = elementwise(lambda input: input.exp(), contract=Contract())
    assert [case.input.shape for case in task.fixed_cases] == list(ELEMENTWISE_SHAPES)


@pytest.mark.parametrize(
    ("several", "none", "dims"),
    [(True, True, {(0, 2), None}), (True, False, {(0, 2)}), (False, True, {None}), (False, False, set())],
)
def test_a_reduction(several: bool, none: bool, dims: set[Any]) -> None:
    task = reduction(lambda x, dim=None, keepdim=False: x.sum(dim, keepdim=keepdim), several=several, none=none)
    assert {case.dim for case in task.fixed_cases} == {-1, 1, 0, -2} | dims
    assert task.accumulation is not None
    assert task.accumulation(task.fixed_cases[0]) == 40


@pytest.mark.parametrize(
    ("shape", "dim", "count"), [((3, 4, 5), -1, 5), ((3, 4, 5), (0, 2), 15), ((3, 4), None, 12), ((), 0, 1)]
)
def test_how_many_elements_are_reduced_to_one(shape: tuple[int, ...], dim: Any, count: int) -> None:
    assert reduced(shape, dim) == count
