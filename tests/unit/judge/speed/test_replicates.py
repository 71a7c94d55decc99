"""Replicates: all pairs of processes must agree on a small difference, and no measurement is hidden."""

from __future__ import annotations

import pytest

from pytest_kernelbench.judge.speed.interleaving import KERNEL, Measurement
from pytest_kernelbench.judge.speed.replicates import combined, figures, is_small, samples
from tests.unit.judge.speed.simulated import pair


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
    found = combined([pair(ratio) for ratio in ratios], "eager")
    assert found["verdict"] == verdict
    assert found["interval"] == pytest.approx([min(ratios) - 0.005, max(ratios) + 0.005])
    assert min(ratios) <= found["ratio"] <= max(ratios)


def test_a_pair_that_says_nothing_leaves_it_open() -> None:
    assert combined([pair(1.5), Measurement(2)], "eager")["verdict"] == "unclear"
    assert combined([pair(1.5), pair(1.5, spoiled=True)], "eager")["verdict"] == "unclear"
    assert combined([Measurement(2)], "eager") == {"verdict": "unclear", "ratio": None, "interval": None}


def test_figures_and_samples_are_of_all_pairs() -> None:
    pairs = [pair(1.05), pair(1.06, spoiled=True)]
    found = figures(pairs, "eager")
    assert (found["blocks"], found["discarded"]) == (10, {"throttled": 10})
    assert found["baseline_seconds"] == 1.0
    assert found["call_seconds"] > found["device_seconds"]
    assert len(samples(pairs, KERNEL)) == 40
