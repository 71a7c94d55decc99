"""Arithmetic of quantised pipelines: integers where rounding is certain, intervals where a tie may go either way.

A value x of a slice with the largest magnitude m has the code q, the integer nearest to x / s, with the scale
s = m / d, and q s stands for x from there on. Task files make their pipelines of these parts. Open in all of them are

- the grid, where the task does not fix it: d = 127 with codes to -127, or d = 127.5 or 128 with codes to -128;
- ties: x / s next to the middle of two integers may become either, for scales differ by roundings and by what keeps
  them from zero;
- the order of the floating-point operations that scale sums of codes back.

Never open are the slices that share a scale, rounding to nearest, and one grid for the whole call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import torch

Dims: TypeAlias = int | tuple[int, ...]

SCALE_ERROR = 2.0**-20
"""Relative error of float32 roundings in a scale and in the division by it: a reciprocal, a fast division."""

SCALE_GUARD = 1e-8
"""What may be added to a scale to keep it from zero."""

FLOAT32 = 2.0**-24
"""Unit roundoff of the arithmetic behind sums of codes."""

ROUNDINGS = 8
"""Float32 roundings that scaling back may take, sums of partial products included."""


class Grid(NamedTuple):
    """Divisor of the largest magnitude, and the range of the codes."""

    divisor: float
    smallest: int
    largest: int

    def __str__(self) -> str:
        return f"largest / {self.divisor:g}"


INT8 = (Grid(127.0, -127, 127), Grid(127.5, -128, 127), Grid(128.0, -128, 127))
"""Every symmetric int8 grid in use."""


class Pipeline(NamedTuple):
    """What one legal pipeline gives, in float64, and by how much an element may differ from it."""

    name: str
    value: torch.Tensor
    tolerance: torch.Tensor
    grade: str = "ieee"
    """What a kernel is graded that only fits with this tolerance."""


class Codes(NamedTuple):
    """Integers that stand for values; `centre` lies between two of them where a tie may go either way."""

    centre: torch.Tensor
    doubt: torch.Tensor
    """Half the distance between the integers that are allowed: 0, or 1/2 at a tie."""
    scale: torch.Tensor
    error: torch.Tensor
    """Relative error of the scale."""
    slack: torch.Tensor
    """What the values' own error may add to a code times its scale."""

    @property
    def mT(self) -> Codes:
        """The codes of the transposed matrices."""
        return Codes(*(part.mT for part in self))

    @property
    def value(self) -> torch.Tensor:
        """The values that the codes stand for."""
        return self.centre * self.scale

    @property
    def tolerance(self) -> torch.Tensor:
        """By how much they may differ from `value`."""
        return self.doubt * self.scale + self.error * (self.value.abs() + self.doubt * self.scale) + self.slack


def quantise(values: torch.Tensor, dim: Dims, divisor: float = 127.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Return codes, in the dtype of the values, and the scale of each slice along `dim`: what references do."""
    scale = values.abs().amax(dim, keepdim=True) / divisor
    return (values / scale.where(scale > 0, 1.0)).round(), scale


def codes(
    values: torch.Tensor,
    dim: Dims,
    grid: Grid,
    *,
    error: torch.Tensor | None = None,
    precision: float = SCALE_ERROR,
    peak: float | None = None,
) -> Codes:
    """Return the codes that values may have when slices along `dim` share a scale.

    `error` is how far each value may be from the exact one, `precision` the relative error of the scale and of the
    division by it. With `peak`, every scale is that of this largest magnitude.
    """
    import torch

    values = values.double()
    error = torch.zeros_like(values) if error is None else error
    worst = error.amax(dim, keepdim=True)
    largest = values.abs().amax(dim, keepdim=True) if peak is None else torch.full_like(worst, peak)
    scale = largest / grid.divisor
    safe = scale.where(scale > 0, 1.0)
    relative = precision + SCALE_GUARD / safe
    if peak is None:
        relative = relative + worst / (safe * grid.divisor)
    exact = values / safe
    reach = 0.5 + relative * exact.abs() + error / safe
    low = torch.ceil(exact - reach).clamp(grid.smallest, grid.largest)
    high = torch.floor(exact + reach).clamp(grid.smallest, grid.largest)
    return Codes((low + high) / 2, (high - low) / 2, scale, relative, 2 * worst)


def product(left: Codes, right: Codes) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the matrix product of two operands by exact sums of codes, scaled back in float32, and its tolerance.

    Rows of the left and columns of the right operand have one scale each.
    """
    scale = left.scale * right.scale
    value = left.centre @ right.centre * scale
    magnitudes = left.centre.abs() @ right.centre.abs() * scale
    ties = (left.doubt @ (right.centre.abs() + right.doubt) + left.centre.abs() @ right.doubt) * scale
    scales = left.error + right.error + left.error * right.error
    return value, ties + scales * (value.abs() + ties) + ROUNDINGS * FLOAT32 * magnitudes


def rounding(dtype: torch.dtype, *values: torch.Tensor) -> torch.Tensor:
    """Return the roundings to a dtype of a result and of the terms that are added up to it."""
    import torch

    kind = torch.finfo(dtype)
    terms = values[0].abs()
    for value in values[1:]:
        terms = terms + value.abs()
    return (terms + kind.smallest_normal) * kind.eps
