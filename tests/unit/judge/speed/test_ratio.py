"""Ratios of times: quantiles as published, intervals that hold what they say, verdicts by the whole interval."""

from __future__ import annotations

import math
import random

import pytest

from pytest_kernelbench.judge.speed.ratio import (
    Estimate,
    estimate,
    incomplete_beta,
    interval,
    log_ratio,
    student_quantile,
)


@pytest.mark.parametrize(
    ("probability", "freedom", "published"),
    [
        # As the usual tables have them, to three decimals.
        (0.975, 1, 12.706),
        (0.975, 5, 2.571),
        (0.99, 7, 2.998),
        (0.995, 5, 4.032),
        (0.95, 100, 1.660),
        (0.999, 47, 3.273),
    ],
)
def test_quantiles_of_student_are_those_of_the_tables(probability: float, freedom: int, published: float) -> None:
    assert student_quantile(probability, freedom) == pytest.approx(published, abs=6e-4)


def test_quantiles_with_a_closed_form() -> None:
    assert student_quantile(0.99, 1) == pytest.approx(math.tan(math.pi * 0.49), rel=1e-9)
    p = 0.99875
    assert student_quantile(p, 2) == pytest.approx((2 * p - 1) * math.sqrt(2 / (4 * p * (1 - p))), rel=1e-9)
    assert student_quantile(0.5, 9) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("probability", "freedom"), [(0.4, 3), (1.0, 3), (0.9, 0)])
def test_quantiles_that_do_not_exist(probability: float, freedom: int) -> None:
    with pytest.raises(ValueError, match="no quantile"):
        student_quantile(probability, freedom)


def test_incomplete_beta_of_whole_numbers_is_a_binomial_sum() -> None:
    x, a, b = 0.3, 4, 6
    wanted = sum(math.comb(a + b - 1, k) * x**k * (1 - x) ** (a + b - 1 - k) for k in range(a, a + b))
    assert incomplete_beta(x, a, b) == pytest.approx(wanted, rel=1e-12)
    assert (incomplete_beta(0.0, 2, 3), incomplete_beta(1.0, 2, 3)) == (0.0, 1.0)


def test_an_interval_by_hand() -> None:
    # Trimmed: 2..4, mean 3; winsorised: 2, 2, 3, 4, 4, variance 1; error 1 / sqrt(5) / 0.6; t of 2 degrees is 4.303.
    middle, half = interval([1.0, 2.0, 3.0, 4.0, 1000.0], 0.05)
    assert middle == pytest.approx(3.0)
    assert half == pytest.approx(4.30265 / math.sqrt(5) / 0.6, rel=1e-5)


def test_an_interval_needs_values() -> None:
    with pytest.raises(ValueError, match="at least 5"):
        interval([1.0] * 4, 0.01)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    chance = random.Random(7)
    held = 0
    for _ in range(2000):
        values = [chance.gauss(0.0, 1.0) * (8 if chance.random() < 0.03 else 1) for _ in range(20)]
        middle, half = interval(values, 0.05)
        held += abs(middle) <= half
    assert 0.935 <= held / 2000 <= 0.97


def test_linear_drift_cancels_in_a_block() -> None:
    drift = [1.00, 1.01, 1.02, 1.03]
    exact = log_ratio((2.0 * drift[0], 2.0 * drift[3]), (1.0 * drift[1], 1.0 * drift[2]))
    assert math.exp(exact) == pytest.approx(2.0, rel=3e-4)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1.03, 1.2, "faster"),
        (1.01, 1.2, "unclear"),
        (0.7, 0.97, "slower"),
        (0.99, 1.015, "same"),
        (0.97, 1.01, "unclear"),
        (0.5, 2.0, "unclear"),
    ],
)
def test_a_verdict_needs_the_whole_interval(low: float, high: float, verdict: str) -> None:
    assert Estimate((low * high) ** 0.5, low, high).verdict == verdict


def test_an_estimate_is_symmetric_in_its_sides() -> None:
    values = [0.1, 0.12, 0.09, 0.11, 0.1, 0.13]
    forth, back = estimate(values), estimate([-value for value in values])
    assert forth.ratio * back.ratio == pytest.approx(1.0)
    assert forth.low * back.high == pytest.approx(1.0)
