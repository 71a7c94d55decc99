"""The least work of a case, counted on shapes alone."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench import Case, DType, Tensor
from pytest_kernelbench.judge.comparison.evidence import OracleError
from pytest_kernelbench.judge.speed.flops_and_bytes import flops_and_bytes
from tests.support.judging import task_of


def test_products_are_counted_and_every_byte_once() -> None:
    case = Case(x=Tensor((10, 20), "float16"), y=Tensor((20, 30), "float16"))
    assert flops_and_bytes(task_of(lambda x, y: x @ y, case), case) == (2 * 10 * 20 * 30, 2 * (200 + 600 + 300))


def test_other_arithmetic_is_not_counted() -> None:
    case = Case(x=Tensor((1000,)), dtype=DType("float16"))
    assert flops_and_bytes(task_of(lambda x, dtype: x.exp().to(dtype), case), case) == (0, 4000 + 2000)


def test_a_huge_case_takes_no_memory() -> None:
    case = Case(x=Tensor((1 << 20, 1 << 20)))
    assert flops_and_bytes(task_of(lambda x: x.relu(), case), case).moved_bytes == 8 << 40


def test_updated_arguments_are_written() -> None:
    def reference(x: Any, state: Any) -> Any:
        state += x
        return x[:1]

    case = Case(x=Tensor((100,)), state=Tensor((100,)))
    assert flops_and_bytes(task_of(reference, case), case).moved_bytes == 804
    assert flops_and_bytes(task_of(reference, case, mutates=("state",)), case).moved_bytes == 1204


def test_a_task_may_count_by_itself() -> None:
    case = Case(x=Tensor((5,)))
    task = task_of(lambda x: x, case, flops_and_bytes=lambda case: (case.x.shape[0], 7))
    assert flops_and_bytes(task, case) == (5, 7)


def test_a_reference_that_needs_values() -> None:
    case = Case(x=Tensor((5,)))
    with pytest.raises(OracleError, match=r"^no work can be counted for Case\(x=Tensor\(\(5,\)\)\): "):
        flops_and_bytes(task_of(lambda x: x[: int(x.sum())], case), case)
