"""The audit: which ATen operations count, and how many elements they touch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from pytest_kernelbench.devices.instruments import Instruments
from pytest_kernelbench.runner.audit import Audit


def audited(work: Callable[[], Any]) -> Instruments:
    instruments = Instruments()
    with Audit(instruments):
        work()
    return instruments


def test_inputs_and_results_of_computing_operations_count() -> None:
    x, y = torch.ones(3, 4), torch.ones(4)
    found = audited(lambda: torch.add(x, y).exp())
    assert found.operations == {"add": 12 + 4 + 12, "exp": 12 + 12}
    assert found.counts.computed == 52


@pytest.mark.parametrize(
    "work",
    [
        lambda: torch.empty(9).fill_(1.0),
        lambda: torch.zeros(9).view(3, 3).t().contiguous().clone(),
        lambda: torch.ones(9).to(torch.float16),
        lambda: torch.ones(9)[2:5].reshape(3, 1).expand(3, 3),
        lambda: torch.ones(1).item(),
    ],
)
def test_allocating_viewing_copying_and_casting_is_free(work: Callable[[], Any]) -> None:
    assert audited(work).counts.computed == 0


def test_operations_add_up_over_a_call() -> None:
    x = torch.ones(5)
    assert audited(lambda: [x.exp() for _ in range(3)]).operations == {"exp": 30}
