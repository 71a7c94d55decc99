"""Replicates: fresh processes must confirm a small difference, and no measurement is hidden."""

from __future__ import annotations

import math
import random

import pytest

from pytest_kernelbench.judge.speed.cpu import CpuBackend
from pytest_kernelbench.judge.speed.interleaving import KERNEL, Measurement
from pytest_kernelbench.judge.speed.replicates import combined, figures, samples, settled
from tests.unit.judge.speed.simulated import pair


@pytest.mark.parametrize(
    ("ratio", "half", "enough"),
    [(1.05, 0.005, False), (0.95, 0.005, False), (1.15, 0.01, False), (1.01, 0.005, True), (1.05, 0.05, True),
     (1.3, 0.01, True), (0.5, 0.01, True)],
)  # fmt: skip
def test_what_other_processes_must_confirm(ratio: float, half: float, enough: bool) -> None:
    assert settled([pair(ratio, half)], "eager", 1.2) is enough


@pytest.mark.parametrize(
    ("ratios", "enough"),
    [([1.05, 1.05], False), ([1.05, 1.0], True), ([1.05, 0.95], True), ([1.5, 1.05], False), ([1.05] * 3, True),
     ([1.05, 1.15, 1.05], False), ([1.05, 1.15, 1.05, 1.15], False), ([1.05, 1.15, 1.05, 1.15, 1.05], True)],
)  # fmt: skip
def test_when_no_more_processes_are_asked(ratios: list[float], enough: bool) -> None:
    assert settled([pair(ratio) for ratio in ratios], "eager", 1.2) is enough


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [((1.05,), "faster"), ((1.05, 1.0), "unclear"), ((0.95, 1.05), "unclear"), ((1.0, 1.005), "same")],
)
def test_few_pairs_must_agree(ratios: tuple[float, ...], verdict: str) -> None:
    found = combined([pair(ratio) for ratio in ratios], "eager")
    assert found["verdict"] == verdict
    assert found["interval"] == pytest.approx([min(ratios) - 0.005, max(ratios) + 0.005])
    assert min(ratios) <= found["ratio"] <= max(ratios)


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [((1.05, 1.051, 1.05), "faster"), ((0.95, 0.951, 0.95), "slower"), ((1.05, 1.09, 1.03), "unclear"),
     ((1.05, 1.09, 1.03, 1.06, 1.04), "unclear"), ((1.09, 1.11, 1.1, 1.12, 1.1), "faster")],
)  # fmt: skip
def test_the_spread_between_pairs_decides(ratios: tuple[float, ...], verdict: str) -> None:
    found = combined([pair(ratio) for ratio in ratios], "eager")
    assert found["verdict"] == verdict
    assert found["interval"][0] <= min(ratios) < max(ratios) <= found["interval"][1]


def measured(truth: float, spread: float, rng: random.Random, small: float = 1.2) -> str:
    """Return the verdict over a kernel of which each pair of processes sees another ratio."""
    pairs: list[Measurement] = []
    while not pairs or not settled(pairs, "eager", small):
        pairs.append(pair(truth * math.exp(rng.gauss(0.0, spread))))
    return str(combined(pairs, "eager")["verdict"])


@pytest.mark.parametrize("spread", [0.005, 0.02, 0.04, 0.06])
def test_equal_kernels_are_not_called_faster(spread: float) -> None:
    rng = random.Random(0)
    found = [measured(1.0, spread, rng) for _ in range(2000)]
    assert found.count("faster") + found.count("slower") <= 0.01 * len(found)


@pytest.mark.parametrize("large", [1.33, 1 / 1.33])
def test_processes_that_are_far_apart_on_a_cpu(large: float) -> None:
    pairs = [pair(ratio) for ratio in (large, 1.0)]
    assert not settled(pairs[:1], "eager", CpuBackend.small)
    assert settled(pairs, "eager", CpuBackend.small)
    assert combined(pairs, "eager")["verdict"] == "unclear"
    assert settled([pair(0.5)], "eager", CpuBackend.small)


@pytest.mark.parametrize(("ratio", "verdict"), [(1.4, "faster"), (1 / 1.4, "slower")])
def test_a_large_difference_is_found_on_a_cpu(ratio: float, verdict: str) -> None:
    rng = random.Random(0)
    assert [measured(ratio, 0.03, rng, CpuBackend.small) for _ in range(200)].count(verdict) >= 190


def test_a_real_difference_is_found_where_processes_agree() -> None:
    rng = random.Random(0)
    assert [measured(1.08, 0.003, rng) for _ in range(200)].count("faster") >= 190


def test_a_pair_that_says_nothing_leaves_it_open() -> None:
    assert combined([pair(1.5), Measurement({"kernel": 2})], "eager")["verdict"] == "unclear"
    assert combined([pair(1.5), pair(1.5, spoiled=True)], "eager")["verdict"] == "unclear"
    assert combined([Measurement({"kernel": 2})], "eager") == {"verdict": "unclear", "ratio": None, "interval": None}


def test_figures_and_samples_are_of_all_pairs() -> None:
    pairs = [pair(1.05), pair(1.06, spoiled=True)]
    found = figures(pairs, "eager")
    assert (found["blocks"], found["discarded"]) == (10, {"throttled": 10})
    assert found["baseline_seconds"] == 1.0
    assert found["call_seconds"] > found["device_seconds"]
    assert len(samples(pairs, KERNEL)) == 40
