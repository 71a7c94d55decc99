"""Contents that only launches see: in arguments, and in copies that host code makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.devices.instruments import Instruments
from pytest_kernelbench.runner.watch import Watch
from pytest_kernelbench.wire.conditions import CallConditions
from pytest_kernelbench.wire.materialize import materialize

OUTSIDE, INSIDE = (Case(x=Tensor((4, 5), seed=seed)) for seed in (0, 1))


class Swapped:
    """A call in which launches see other contents; a launch is a function of tensors here."""

    def __init__(self, replay: bool = True) -> None:
        self.instruments = Instruments()
        self.arguments = materialize(OUTSIDE)
        self.x = self.arguments.values["x"]
        self.outside, self.inside = (materialize(case).values["x"] for case in (OUTSIDE, INSIDE))
        conditions = CallConditions(swap_at_launch=True, replay_copies=replay)
        self.instruments.start(conditions)
        self.over = Watch(self.instruments, self.arguments, INSIDE).over(conditions)

    def launch(self, work: Callable[..., Any], *tensors: torch.Tensor) -> Any:
        with self.instruments.watching(tensors):
            return work(*tensors)

    @property
    def seen(self) -> int:
        return self.instruments.counts.swapped_launches


def test_launches_see_other_contents_than_the_host() -> None:
    call, y = Swapped(replay=False), torch.empty(4, 5)
    with call.over:
        assert torch.equal(call.x, call.outside)
        for _ in range(2):
            call.launch(y.copy_, call.x)
            assert torch.equal(y, call.inside)
            assert torch.equal(call.x, call.outside)
    assert call.seen == 2


def test_what_a_launch_writes_stays() -> None:
    call = Swapped()
    with call.over:
        call.launch(lambda x: x.mul_(2), call.x)
        assert torch.equal(call.x, call.inside * 2)
        call.launch(lambda x: x.add_(1), call.x)
    assert torch.equal(call.x, call.inside * 2 + 1)


def test_a_launch_that_raises_leaves_the_contents_of_the_host() -> None:
    call = Swapped()
    with call.over, pytest.raises(ZeroDivisionError):
        call.launch(lambda x: 1 / 0, call.x)
    assert torch.equal(call.x, call.outside)


@pytest.mark.parametrize(
    "prepare",
    [
        lambda x: x.double(),
        lambda x: x.t().contiguous(),
        lambda x: x.clone(),
        lambda x: torch.nn.functional.pad(x, (0, 3)),
        lambda x: torch.cat([x, x.half().float()]),
        lambda x: torch.empty(5, 4).copy_(x.t()),
    ],
)
def test_copies_show_what_launches_see(prepare: Callable[[torch.Tensor], torch.Tensor]) -> None:
    for replay in (True, False):
        call = Swapped(replay)
        with call.over:
            made = prepare(call.x)
            seen = call.launch(lambda given: given.detach().clone(), made)
            assert torch.equal(made, prepare(call.outside))
        assert torch.equal(seen, prepare(call.inside if replay else call.outside))
        assert call.seen == replay


def test_what_is_computed_from_contents_is_not_made_again() -> None:
    call = Swapped()
    with call.over:
        made = call.x.sin().clone()
        changed = call.x.double().mul_(2)
        seen = call.launch(lambda *given: [each.detach().clone() for each in given], made, changed)
    assert torch.equal(seen[0], call.outside.sin())
    assert torch.equal(seen[1], call.outside.double() * 2)
    assert call.seen == 0


def test_a_copy_that_a_launch_has_written_to_is_not_made_again() -> None:
    call = Swapped()
    with call.over:
        made = call.x.clone()
        call.launch(lambda given: given.mul_(2), made)
        assert torch.equal(made, call.inside * 2)
        call.launch(lambda given: given.add_(1), made)
    assert torch.equal(made, call.inside * 2 + 1)
