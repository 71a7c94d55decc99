"""The comparison of a kernel that is called in this process."""

from __future__ import annotations

import torch

from pytest_kernelbench.judge.comparison.direct import difference
from pytest_kernelbench.model.case import Case, Tensor
from tests.support.judging import task_of

CASE = Case(x=Tensor((8,)))


def double(x: torch.Tensor) -> torch.Tensor:
    return 2 * x


def clears(x: torch.Tensor) -> torch.Tensor:
    result = 2 * x
    x.nan_to_num_()
    return result


def test_a_right_kernel() -> None:
    assert difference(task_of(double, CASE), CASE, {"x": torch.arange(8.0)}, double) is None


def test_a_wrong_kernel() -> None:
    found = difference(task_of(double, CASE), CASE, {"x": torch.arange(8.0)}, lambda x: 3 * x)
    assert found is not None
    assert "\n7 of 8 elements are wrong; first: [1] 3 for 2, " in found


def test_an_argument_that_is_changed_where_it_is_nan() -> None:
    values = torch.tensor([1.0, torch.nan, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
    assert difference(task_of(double, CASE), CASE, {"x": values.clone()}, double) is None
    assert difference(task_of(double, CASE), CASE, {"x": values}, clears) == (
        "an argument was changed: it is only an input"
    )
