"""The domain that a kernel declares."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.domain import Domain
from pytest_kernelbench.model.errors import KernelBenchError


@pytest.mark.parametrize(
    ("table", "case", "taken"),
    [
        ({}, Case(x=Tensor((2, 3))), True),
        ({"dtypes": ["float16"]}, Case(x=Tensor((2, 3))), False),
        ({"dtypes": ["float16"]}, Case(x=Tensor((2, 3), "float16"), ids=Tensor((2,), "int64")), True),
        ({"ranks": [1, 2]}, Case(x=Tensor((2, 3)), w=Tensor((1, 2, 3))), True),
        ({"ranks": [1, 2]}, Case(x=Tensor((1, 2, 3))), False),
        ({"max_size": 8}, Case(x=Tensor((2, 9))), False),
        ({"contiguous": True}, Case(x=Tensor((2, 9), layout="strided")), False),
        ({"options": {"dim": [-1]}}, Case(x=Tensor((2, 9)), dim=0), False),
        ({"options": {"dim": [-1]}}, Case(x=Tensor((2, 9))), True),
    ],
)
def test_what_lies_in_a_domain(table: dict[str, Any], case: Case, taken: bool) -> None:
    domain = Domain.parse(table, "here")
    assert domain.takes(case) is taken
    assert Domain.parse(domain.to_json(), "again") == domain


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([], "expected a table"),
        ({"dtype": ["float16"]}, "unknown key 'dtype': did you mean dtypes"),
        ({"dtypes": ["half"]}, "dtypes: 'half'"),
        ({"ranks": 2}, "ranks: expected a list"),
        ({"max_size": 0}, "max_size = 0"),
        ({"contiguous": 1}, "contiguous = 1"),
    ],
)
def test_what_is_wrong_with_a_domain_is_said(table: object, said: str) -> None:
    with pytest.raises(KernelBenchError, match=f"here: {said}"):
        Domain.parse(table, "here")
