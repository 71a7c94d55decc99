"""The ledger: launches that compute, that only move elements, and whose results do not depend on contents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.devices.instruments import Counts, Instruments
from pytest_kernelbench.runner.watch import Watch
from pytest_kernelbench.wire.conditions import CallConditions
from pytest_kernelbench.wire.materialize import materialize, refill

FIRST, SECOND = (Case(x=Tensor((4, 5), seed=seed)) for seed in (0, 1))
AUDIT = CallConditions(audit=True)


def audited(work: Callable[..., None]) -> Counts:
    """Return the counts of the second of two calls; `work` gets a launcher and the argument."""
    instruments, arguments = Instruments(), materialize(FIRST)
    watch = Watch(instruments, arguments, SECOND)

    def launch(kernel: Callable[..., Any], *tensors: torch.Tensor) -> None:
        with instruments.watching(tensors):
            kernel(*tensors)
            instruments.counts.touched += sum(tensor.numel() for tensor in tensors)

    for case in (FIRST, SECOND):
        refill(arguments, case)
        instruments.start(AUDIT)
        with watch.over(AUDIT):
            work(launch, arguments.values["x"])
    return instruments.counts


def into(change: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[torch.Tensor, torch.Tensor], Any]:
    """Return a kernel that writes what it makes of its first argument to the second one."""
    return lambda x, y: y.copy_(change(x).reshape(y.shape))


@pytest.mark.parametrize(
    ("change", "copied", "passed_on"),
    [
        (lambda x: x * 2, 0, 0),
        (lambda x: x.relu(), 0, 0),
        (lambda x: x, 40, 40),
        (lambda x: x.t(), 40, 0),
        (lambda x: x.flip(0), 40, 0),
    ],
)
def test_launches_that_only_move_elements(change: Callable[..., Any], copied: int, passed_on: int) -> None:
    for own in (True, False):
        counts = audited(lambda launch, x, own=own: launch(into(change), x + 0 if own else x, torch.empty(4, 5)))
        assert (counts.touched, counts.copied, counts.constant) == (40, copied, 0)
        assert counts.passed_on == (passed_on if own else 0)


def test_a_copy_may_round() -> None:
    counts = audited(lambda launch, x: launch(into(torch.Tensor.half), x, torch.empty(4, 5, dtype=torch.float16)))
    assert counts.copied == 40


def test_results_that_do_not_depend_on_contents() -> None:
    def work(launch: Any, x: torch.Tensor) -> None:
        launch(lambda y: y.fill_(1), torch.zeros(7))
        launch(into(torch.sin), x, torch.empty(4, 5))

    counts = audited(work)
    assert (counts.touched, counts.constant, counts.copied) == (47, 7, 0)


def test_a_launch_whose_results_are_elsewhere_counts() -> None:
    hidden = torch.zeros(4, 5)
    counts = audited(lambda launch, x: launch(lambda x: hidden.copy_(x), x))
    assert (counts.touched, counts.constant, counts.copied) == (20, 0, 0)


def test_each_address_counts_once() -> None:
    import numpy as np

    instruments = Instruments()
    instruments.start(AUDIT)
    with Watch(instruments, materialize(FIRST), None).over(AUDIT):
        for _ in range(3):
            with instruments.watching(()):
                for _ in range(5):
                    instruments.counts.touched += 4
                    instruments.access(np.arange(8), np.arange(8) < 4)
    assert instruments.counts.touched == 4
