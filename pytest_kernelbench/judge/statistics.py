"""Tests of random draws at a stated false-alarm rate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

FALSE_ALARM = 1e-9
"""Chance that one statistical test rejects a right kernel: 1e-6 a session of a thousand tests."""

LAGS = (1, 2, 32, 64, 128, 256, 512, 1024, 2048)
"""Distances at which draws must not be correlated: neighbours, warps and blocks that reuse an offset."""


def distance_to_uniform(values: torch.Tensor) -> float:
    """Return the Kolmogorov-Smirnov statistic of a flat tensor against the uniform distribution on [0, 1)."""
    import torch

    ordered = values.sort().values
    steps = torch.arange(1, len(ordered) + 1, dtype=torch.float64) / len(ordered)
    return float(torch.maximum((steps - ordered).abs().max(), (ordered - steps + 1 / len(ordered)).abs().max()))


def correlated(standard: torch.Tensor, most: float) -> int | None:
    """Return a lag at which draws, flat and with mean 0 and variance 1, are correlated beyond chance, if any.

    `most` bounds the product of two draws. Their sum is tested by Bernstein's inequality.
    """
    surprise = math.log(2 / FALSE_ALARM)
    for lag in LAGS:
        count = len(standard) - lag
        bound = surprise * most / 3
        if count > 0 and abs(float((standard[:-lag] * standard[lag:]).sum())) > bound + math.sqrt(
            bound**2 + 2 * surprise * count
        ):
            return lag
    return None
