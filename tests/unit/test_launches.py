"""Several pairs of processes: small differences must be seen by all, and what one saw is never hidden."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.judge.blocks import KERNEL, Batch, Block, Measured, Timed
from pytest_kernelbench.judge.launches import figures, is_small, said, samples
from pytest_kernelbench.judge.ratio import Estimate
from pytest_kernelbench.judge.speed import Speed, SpeedPlan


def pair(ratio: float, half: float = 0.005, *, spoiled: bool = False) -> Measured:
    """Return what one pair of processes says: a baseline of one second a call, and a kernel."""
    batches = [
        Batch(name, 2, Timed(2 * each, 2.2 * each), 2.5 * each)
        for name, each in (("eager", 1.0), (KERNEL, 1 / ratio), (KERNEL, 1 / ratio), ("eager", 1.0))
    ]
    cause = "throttled" if spoiled else None
    return Measured(
        2, [Block(tuple(batches), cause)] * 10, True, {"eager": Estimate(ratio, ratio - half, ratio + half)}
    )


@pytest.mark.parametrize(
    ("ratio", "half", "small"),
    [(1.05, 0.005, True), (0.95, 0.005, True), (1.01, 0.005, False), (1.05, 0.05, False), (1.2, 0.01, False),
     (0.5, 0.01, False)],
)  # fmt: skip
def test_what_other_processes_must_confirm(ratio: float, half: float, small: bool) -> None:
    assert is_small(pair(ratio, half), "eager") is small


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [((1.05, 1.06), "faster"), ((1.05, 1.0), "unclear"), ((0.96, 0.95, 0.94), "slower"), ((0.95, 1.05), "unclear"),
     ((1.0, 1.005), "same")],
)  # fmt: skip
def test_all_pairs_must_agree(ratios: tuple[float, ...], verdict: str) -> None:
    found = said([pair(ratio) for ratio in ratios], "eager")
    assert found["verdict"] == verdict
    assert found["interval"] == pytest.approx([min(ratios) - 0.005, max(ratios) + 0.005])
    assert min(ratios) <= found["ratio"] <= max(ratios)


def test_a_pair_that_says_nothing_leaves_it_open() -> None:
    assert said([pair(1.5), Measured(2)], "eager")["verdict"] == "unclear"
    assert said([pair(1.5), pair(1.5, spoiled=True)], "eager")["verdict"] == "unclear"
    assert said([Measured(2)], "eager") == {"verdict": "unclear", "ratio": None, "interval": None}


def test_figures_and_samples_are_of_all_pairs() -> None:
    pairs = [pair(1.05), pair(1.06, spoiled=True)]
    found = figures(pairs, "eager")
    assert (found["blocks"], found["discarded"]) == (10, {"throttled": 10})
    assert found["baseline_seconds"] == 1.0
    assert found["call_seconds"] > found["device_seconds"]
    assert len(samples(pairs, KERNEL)) == 40


def timed(ratios: list[float], seconds: float = 1e6) -> Speed:
    """Return what was timed, with so many seconds left, where pairs of processes say these one after the other."""
    case = Case(x=Tensor((2,)))
    speed, left = Speed.__new__(Speed), iter(ratios)
    speed.plan, speed.case = SpeedPlan(), case
    speed.task = Task(lambda x: x, lambda draw, given: case, (case,))
    speed.trial = SimpleNamespace(deadline=time.monotonic() + seconds)  # type: ignore[assignment]
    speed.measures, speed.notes, speed.unconfirmed = [], [], False
    speed._race = lambda cases: pair(next(left))  # type: ignore[method-assign]
    speed._time()
    return speed


@pytest.mark.parametrize(
    ("ratios", "asked"),
    [([1.0], 1), ([1.5], 1), ([0.5], 1), ([1.05, 1.0], 2), ([1.05, 1.5], 2), ([0.95, 0.95, 0.95], 3)],
)
def test_fresh_processes_are_asked_while_a_small_difference_shows(ratios: list[float], asked: int) -> None:
    assert len(timed(ratios).measures) == asked


def test_without_time_to_ask_again_it_is_left_open() -> None:
    speed = timed([1.05], seconds=-1.0)
    assert speed.unconfirmed
    assert speed.notes == ["a small difference, and no time to see it in other processes"]
    assert speed._figures()["verdict"] == "unclear"
