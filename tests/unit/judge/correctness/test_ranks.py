"""Cases with six dimensions: where they are made, and which failures of theirs count."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.correctness.ranks import deeper_cases, more_dimensions
from pytest_kernelbench.judge.correctness.trial import Finding
from tests.support.judging import ScriptedTrial, task_of

BASES = [Case(x=Tensor(shape)) for shape in ((3,), (2, 3), (2, 1, 3), (2, 1, 3, 4), (0, 1, 2, 3))]


def test_they_are_made_of_cases_with_four_dimensions() -> None:
    shape = (3, 2, 2, 1, 3, 4)
    assert [*deeper_cases(BASES)] == [Case(x=Tensor(shape)), Case(x=Tensor(shape, layout="expanded"))]


def test_tensors_with_fewer_dimensions_broadcast() -> None:
    case = Case(x=Tensor((2, 1, 3, 4)), y=Tensor((3, 1)))
    assert [*deeper_cases([*BASES[:3], case])][:1] == [Case(x=Tensor((3, 2, 2, 1, 3, 4)), y=Tensor((3, 1)))]


def test_an_operation_that_takes_images_only_has_none() -> None:
    assert [*deeper_cases(BASES[2:])] == []


def test_a_wrong_result_counts() -> None:
    trial = ScriptedTrial(task_of(lambda x: x.sin(), BASES[0]), lambda conditions, x: x.sin() * (x.ndim < 5))
    with pytest.raises(Finding, match="with six dimensions:") as caught:
        more_dimensions(trial, BASES)
    assert caught.value.status == "wrong_values"


def test_a_refusal_does_not_count() -> None:
    def refuse(conditions: Any, x: Any) -> Any:
        raise Finding("runtime_error", "NotImplementedError: at most four dimensions")

    more_dimensions(ScriptedTrial(task_of(lambda x: x.sin(), BASES[0]), refuse), BASES)


def test_a_case_that_the_reference_does_not_take_is_left_out() -> None:
    def two(x: Any) -> Any:
        if x.ndim > 4:
            raise ValueError
        return x.sin()

    more_dimensions(ScriptedTrial(task_of(two, BASES[0]), lambda conditions, x: x.cos()), BASES)
