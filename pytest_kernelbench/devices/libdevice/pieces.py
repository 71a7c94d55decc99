"""Exact functions of floats: rounding to whole numbers, parts of a number, remainders."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def away(x: Any) -> Any:
    """Round to the nearest whole number, halves away from zero."""
    whole = np.trunc(x)
    return np.copysign(whole + np.copysign(np.abs(x - whole) >= 0.5, x).astype(x.dtype), x)


def remainder(x: Any, y: Any) -> Any:
    """Return x minus the multiple of y that is nearest to it."""
    return np.frompyfunc(_remainder, 2, 1)(x, y).astype(x.dtype)


def _remainder(x: float, y: float) -> float:
    return math.nan if math.isinf(x) or y == 0 else math.remainder(x, y)


def fdim(x: Any, y: Any) -> Any:
    """Return the positive difference, NaN where an argument is NaN."""
    return np.where(x <= y, x.dtype.type(0), x - y)


def saturate(x: Any) -> Any:
    """Limit to 0 to 1; NaN becomes 0."""
    return np.where(np.isnan(x), x.dtype.type(0), np.clip(x, 0, 1))


def ilogb(x: Any) -> Any:
    """Return the exponent as an integer, with CUDA's values for zero, infinity and NaN."""
    exponent = np.frexp(x)[1].astype(np.int32) - np.int32(1)
    limits = np.iinfo(np.int32)
    return np.where((x == 0) | np.isnan(x), limits.min, np.where(np.isinf(x), limits.max, exponent))


def logb(x: Any) -> Any:
    """Return the exponent as a float."""
    exponent = (np.frexp(x)[1] - 1).astype(x.dtype)
    return np.where(x == 0, -np.inf, np.where(np.isfinite(x), exponent, np.abs(x)))


def rcp64h(x: Any) -> Any:
    """Return the reciprocal with the lower half of its bits cleared."""
    bits = np.ascontiguousarray(1.0 / x).view(np.int64)
    return (bits & np.int64(-(1 << 32))).view(np.float64)
