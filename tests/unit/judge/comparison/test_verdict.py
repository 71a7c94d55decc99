"""Verdicts, and values in double precision."""

from __future__ import annotations

import pytest

from pytest_kernelbench.judge.comparison.verdict import Verdict, widen, wrong
from pytest_kernelbench.model.record import STATUSES


def test_a_wrong_result_has_a_status_and_no_grade() -> None:
    found = wrong("no")
    assert found.grade is None
    assert found.mismatch is not None
    assert (found.mismatch.status, found.mismatch.message) == ("wrong_values", "no")
    assert found.mismatch.status in STATUSES
    assert wrong("no", "contract").mismatch != found.mismatch
    assert Verdict("ieee").mismatch is None


@pytest.mark.parametrize(
    ("dtype", "wide"),
    [("float16", "float64"), ("int64", "float64"), ("bool", "float64"), ("complex64", "complex128")],
)
def test_values_in_double_precision(dtype: str, wide: str) -> None:
    import torch

    value = torch.tensor([1, 0], dtype=getattr(torch, dtype))
    assert widen(value).dtype == getattr(torch, wide)
    assert widen(value).tolist() == [1, 0]
