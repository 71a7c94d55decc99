"""Statistical tests of random draws, at a fixed false-alarm rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_kernelbench.judge.comparison.evidence import Evidence
from pytest_kernelbench.judge.comparison.perturbations import ROUNDOFF
from pytest_kernelbench.judge.comparison.verdict import Verdict, widen, wrong

if TYPE_CHECKING:
    import torch

FALSE_ALARM = 1e-9
"""Probability that one statistical test rejects a right kernel: 1e-6 in a session of a thousand tests."""

MIN_DRAWS = 64
"""Number of draws from which their distribution is tested."""

FRACTION_BITS = {"float64": 52, "float32": 23, "float16": 10, "bfloat16": 7}
"""Bits of the fraction of each dtype: a uniform draw has at least as many random bits."""

LAGS = (1, 2, 32, 64, 128, 256, 512, 1024, 2048)
"""Distances at which draws must not be correlated: neighbours, and warps and blocks that reuse an offset."""


def random(evidence: Evidence, got: Sequence[torch.Tensor]) -> Verdict:
    """Accept uniform draws from [0, 1): the range exactly, distribution and independence by statistical tests.

    The distribution is tested by the Kolmogorov-Smirnov distance, with the Dvoretzky-Kiefer-Wolfowitz bound, and its
    fineness by the number of draws that repeat an earlier one.
    """
    for expected, draws in zip(evidence.expected, got, strict=True):
        values = widen(draws).reshape(-1)
        if values.numel() and not ((values >= 0) & (values < 1)).all():
            return wrong(f"{expected.name}: draws lie outside of [0, 1)")
        if values.numel() < MIN_DRAWS:
            continue
        distance = distance_to_uniform(values)
        limit = math.sqrt(-math.log(FALSE_ALARM / 2) / (2 * values.numel())) + ROUNDOFF[expected.dtype]
        if distance > limit:
            size = f"Kolmogorov-Smirnov distance {distance:.3g}, at most {limit:.3g}"
            return wrong(f"{expected.name}: the draws are not uniform: {size}")
        if (lag := correlated((values - 0.5) * math.sqrt(12), 3.0)) is not None:
            return wrong(f"{expected.name}: draws that are {lag} apart are correlated")
        if (text := too_coarse(values, FRACTION_BITS[expected.dtype])) is not None:
            return wrong(f"{expected.name}: {text}")
    return Verdict("ieee")


def distance_to_uniform(values: torch.Tensor) -> float:
    """Return the Kolmogorov-Smirnov distance of a flat float64 tensor to the uniform distribution on [0, 1)."""
    import torch

    ordered = values.sort().values
    steps = torch.arange(1, len(ordered) + 1, dtype=torch.float64) / len(ordered)
    return float(torch.maximum((steps - ordered).abs().max(), (ordered - steps + 1 / len(ordered)).abs().max()))


def too_coarse(values: torch.Tensor, bits: int) -> str | None:
    """Return why draws cannot have this many random bits; None where they can.

    Where no number is more likely than 2^-bits, the next draw repeats one of d distinct earlier ones with a probability
    of at most d 2^-bits. The number of repetitions is tested against the sum of these by Freedman's inequality.
    """
    import numpy as np

    drawn = values.numpy()
    first = np.zeros(len(drawn), dtype=bool)
    first[np.unique(drawn, return_index=True)[1]] = True
    distinct = np.cumsum(first)
    likely = np.minimum(1.0, distinct[:-1] * 2.0**-bits)
    repeated, expected, most = len(drawn) - int(distinct[-1]), float(likely.sum()), _most_repetitions(len(drawn), bits)
    surprise = -math.log(FALSE_ALARM)
    limit = expected + surprise / 3 + math.sqrt((surprise / 3) ** 2 + 2 * surprise * most)
    if repeated <= limit:
        return None
    return f"the draws are too coarse: {repeated} repeat an earlier one, at most {limit:.0f} with {bits} random bits"


def _most_repetitions(count: int, bits: int) -> float:
    """Return the sum of the largest probabilities with which each of `count` draws repeats an earlier one."""
    whole = float(min(count, 2**bits))
    return whole * (whole - 1.0) / 2.0 * 2.0**-bits + (count - whole)


def correlated(standardised: torch.Tensor, max_product: float) -> int | None:
    """Return the first lag at which draws are correlated beyond chance, or None.

    `standardised` is a flat tensor of draws with mean 0 and variance 1; `max_product` bounds the product of two of
    them. The sum of the products is tested by Bernstein's inequality.
    """
    surprise = math.log(2 / FALSE_ALARM)
    bound = surprise * max_product / 3
    for lag in LAGS:
        count = len(standardised) - lag
        if count <= 0:
            continue
        total = abs(float((standardised[:-lag] * standardised[lag:]).sum()))
        if total > bound + math.sqrt(bound**2 + 2 * surprise * count):
            return lag
    return None
