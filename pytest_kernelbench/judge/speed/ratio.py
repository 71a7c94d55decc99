"""Estimates of a ratio of times: the trimmed mean of log ratios, its confidence interval, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

TRIMMED = 0.2
"""Share of the values that the trimmed mean leaves out at either end."""

MARGIN = 0.02
"""Relative difference up to which two times count as the same."""

LOOKS = (10, 20, 40, 80)
"""Numbers of blocks after which measuring may stop, if the verdict is clear."""

ALPHA = 0.01 / len(LOOKS)
"""Probability that an interval misses the true ratio, at each look: 1 % for all looks together (Bonferroni)."""


class Estimate(NamedTuple):
    """A speedup with its confidence interval; above 1 the kernel is faster."""

    ratio: float
    """Baseline's time over the kernel's time."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""

    @property
    def verdict(self) -> str:
        """`faster` if the interval lies above 1.02, `slower` below 0.98, `same` between the two, else `unclear`."""
        if self.low > 1 + MARGIN:
            return "faster"
        if self.high < 1 - MARGIN:
            return "slower"
        return "same" if self.low >= 1 - MARGIN and self.high <= 1 + MARGIN else "unclear"


def estimate(logarithms: Sequence[float], alpha: float = ALPHA) -> Estimate:
    """Return the ratio from the log ratios of all blocks, with its interval of confidence `1 - alpha`."""
    middle, half = interval(logarithms, alpha)
    return Estimate(math.exp(middle), math.exp(middle - half), math.exp(middle + half))


def log_ratio(baseline: tuple[float, float], kernel: tuple[float, float]) -> float:
    """Return 1/2 log(B1 B2 / (C1 C2)), from the seconds of the two batches of each side in one block.

    If the second batches come in the reverse order, a drift that is linear over the block cancels.
    """
    return 0.5 * math.log(baseline[0] * baseline[1] / (kernel[0] * kernel[1]))


def interval(values: Sequence[float], alpha: float) -> tuple[float, float]:
    """Return the trimmed mean and half the width of its interval of confidence `1 - alpha`.

    Yuen's interval (Yuen 1974; Wilcox, Robust Estimation, 4.3): the quantile of Student's t with `h - 1` degrees of
    freedom, times the winsorised standard deviation over `(1 - 2 g/n) sqrt n`, where `g` of `n` values are trimmed at
    either end and `h` remain. Raises `ValueError` for fewer than 5 values.
    """
    count = len(values)
    if count < 5:
        raise ValueError(f"an interval needs at least 5 values, not {count}")
    ordered = sorted(values)
    trimmed = int(TRIMMED * count)
    kept = ordered[trimmed : count - trimmed]
    middle = math.fsum(kept) / len(kept)
    winsorised = [min(max(value, kept[0]), kept[-1]) for value in ordered]
    mean = math.fsum(winsorised) / count
    variance = math.fsum((value - mean) ** 2 for value in winsorised) / (count - 1)
    error = math.sqrt(variance / count) * count / len(kept)
    return middle, student_quantile(1 - alpha / 2, len(kept) - 1) * error


@lru_cache(maxsize=256)
def student_quantile(probability: float, freedom: int) -> float:
    """Return the quantile of Student's t with `freedom` degrees of freedom; `probability` lies between 1/2 and 1."""
    if not 0.5 <= probability < 1 or freedom < 1:
        raise ValueError(f"no quantile of {probability} with {freedom} degrees of freedom")
    low, high = 0.0, 1.0
    while student_tail(high, freedom) > 1 - probability:
        low, high = high, 2 * high
    for _ in range(80):
        middle = (low + high) / 2
        if student_tail(middle, freedom) > 1 - probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def student_tail(value: float, freedom: int) -> float:
    """Return the probability that Student's t exceeds `value`, which is at least 0."""
    return 0.5 * incomplete_beta(freedom / (freedom + value * value), freedom / 2, 0.5)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b) (NIST DLMF 8.17.22, a continued fraction)."""
    if x <= 0 or x >= 1:
        return min(1.0, max(0.0, x))
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    return front / a / _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of DLMF 8.17.22, by the modified Lentz method (Thompson and Barnett 1986)."""
    value, above, below = 1.0, 1.0, 0.0
    for step in range(1, 500):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        below = 1 / (1 + term * below)
        above = 1 + term / above
        value *= above * below
        if abs(above * below - 1) < 1e-15:
            break
    return value
