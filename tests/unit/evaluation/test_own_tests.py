"""Tasks of decorated references: nothing is demanded that the reference itself raises an exception for."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench import Case, Contract, Tensor, kernel_test
from pytest_kernelbench.evaluation.own_tests import task_of

EXAMPLES = [Case(x=Tensor((4, 5)))]


def doubled(x: Any) -> Any:
    return 2 * x


def finite_only(x: Any) -> Any:
    if x.device.type != "meta" and not bool(x.isfinite().all()):
        raise ValueError("finite numbers only")
    return 2 * x


@pytest.mark.parametrize(("reference", "takes"), [(doubled, True), (finite_only, False)])
def test_nan_and_infinities_are_demanded_where_the_reference_takes_them(reference: Any, takes: bool) -> None:
    task = task_of("f", kernel_test("mypkg:f", examples=EXAMPLES)(reference)).task
    assert (task.contract.nan, task.contract.inf) == (takes, takes)


def test_a_contract_that_is_given_stays() -> None:
    given = Contract(nan=True, inf=False)
    task = task_of("f", kernel_test("mypkg:f", examples=EXAMPLES, contract=given)(finite_only)).task
    assert task.contract == given
