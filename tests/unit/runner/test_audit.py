"""The audit: which ATen operations count, and how many elements they touch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from pytest_kernelbench.devices.instruments import Instruments
from pytest_kernelbench.runner.audit import MAX_SINGLE, Audit, HostReads


def audited(work: Callable[[], Any], count_copies: bool = False) -> Instruments:
    instruments = Instruments()
    with HostReads(instruments), Audit(instruments, count_copies):
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


def test_copies_count_where_copying_is_the_task() -> None:
    x = torch.ones(3, 4)
    assert audited(lambda: x.t().contiguous(), count_copies=True).operations == {"clone": 24}


def test_operators_of_the_kernel_are_what_they_call() -> None:
    library = torch.library.Library("audited_operators", "DEF")
    library.define("clone(Tensor x) -> Tensor")
    library.impl("clone", lambda x: x.clone().exp(), "CompositeExplicitAutograd")
    assert audited(lambda: torch.ops.audited_operators.clone(torch.ones(5))).operations == {"exp": 10}


@pytest.mark.parametrize(
    ("read", "elements"),
    [
        (lambda x: x.numpy(), 40),
        (lambda x: x.tolist(), 40),
        (lambda x: x.max().item(), 0),
        (lambda x: torch.tensor([1.0, 2.0, 3.0]), 3),
        (lambda x: torch.tensor(2.0), 0),
        (lambda x: [float(each) for each in x], 40 - MAX_SINGLE),
    ],
)
def test_what_the_host_reads_counts(read: Callable[[torch.Tensor], Any], elements: int) -> None:
    x = torch.ones(40)
    found = audited(lambda: read(x)).operations
    assert sum(count for name, count in found.items() if name != "max") == elements
