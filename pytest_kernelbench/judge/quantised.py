"""What a product through int8 may be: every pipeline that "symmetric, by row and by column" leaves open, and no other.

A value x of a slice with the largest magnitude m becomes the integer q near x / s with the scale s = m / d, and the
product is the sum of q q' times s s'. Left open are

- the grid: d = 127 with integers to -127, or d = 127.5 or 128 with integers to -128, clipped at 127;
- ties: x / s next to the middle of two integers may become either, for scales differ by roundings and by what keeps
  them from zero;
- the order of the float32 operations that scale the int32 sum back.

Not left open are the granularity of the scales, rounding to nearest, and one grid for the whole call.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import torch

GRIDS = ((127.0, -127), (127.5, -128), (128.0, -128))
"""Divisor of the largest magnitude, and the smallest integer, of each symmetric int8 grid in use."""

LARGEST = 127
"""The largest integer of every grid."""

SCALE_ERROR = 2.0**-16
"""Relative error that a scale may have: fast division, a reciprocal, an epsilon that is small beside it."""

SCALE_GUARD = 1e-8
"""What may be added to a scale to keep it from zero."""

FLOAT32 = 2.0**-24
"""Unit roundoff of the arithmetic behind the int32 sum."""

ROUNDINGS = 8
"""Float32 roundings that scaling back may take, sums of partial products included."""


class Variant(NamedTuple):
    """Results of one pipeline, and by how much an element may differ from them."""

    value: torch.Tensor
    tolerance: torch.Tensor


class _Codes(NamedTuple):
    """Integers of one operand; `centre` lies between two of them where a tie may go either way."""

    centre: torch.Tensor
    doubt: torch.Tensor
    """Half the distance between the integers that are allowed: 0 or 1/2."""
    scale: torch.Tensor
    error: torch.Tensor
    """Relative error of the scale."""


def variants(input: torch.Tensor, weight: torch.Tensor) -> list[Variant]:
    """Return what each legal pipeline gives for input @ weight, in float64.

    Rows of the input and columns of the weight have scales of their own; leading dimensions are batches.
    """
    return [_product(_codes(input, -1, *grid), _codes(weight, -2, *grid), input.dtype) for grid in GRIDS]


def units(input: torch.Tensor, weight: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    """Return how many tolerances each element is off, from the pipeline that fits the whole output best.

    The output is right if no element is off by more than 1. NaN is infinitely far off.
    """
    import torch

    candidates = []
    for value, tolerance in variants(input, weight):
        error = torch.nan_to_num((output.double() - value).abs(), nan=math.inf)
        candidates.append(torch.where(error == 0, 0.0, error / tolerance))
    return min(candidates, key=lambda off: float(off.max()) if off.numel() else 0.0)


def _codes(values: torch.Tensor, dim: int, divisor: float, smallest: int) -> _Codes:
    import torch

    values = values.double()
    scale = values.abs().amax(dim, keepdim=True) / divisor
    safe = scale.where(scale > 0, 1.0)
    error = SCALE_ERROR + SCALE_GUARD / safe
    exact = values / safe
    low = exact.floor()
    nearest = exact.round()
    tie = (exact - low - 0.5).abs() <= error * exact.abs()
    down = torch.where(tie, low, nearest).clamp(smallest, LARGEST)
    up = torch.where(tie, low + 1, nearest).clamp(smallest, LARGEST)
    return _Codes((down + up) / 2, (up - down) / 2, scale, error)


def _product(left: _Codes, right: _Codes, dtype: torch.dtype) -> Variant:
    import torch

    scale = left.scale * right.scale
    value = left.centre @ right.centre * scale
    magnitudes = left.centre.abs() @ right.centre.abs() * scale
    ties = left.doubt @ (right.centre.abs() + right.doubt) + left.centre.abs() @ right.doubt
    rescaling = (left.error + right.error) * value.abs() + ROUNDINGS * FLOAT32 * magnitudes
    return Variant(value, ties * scale + rescaling + torch.finfo(dtype).eps * value.abs())
