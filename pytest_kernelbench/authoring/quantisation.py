"""Arithmetic of quantised pipelines: exact codes where rounding is certain, intervals where a tie may go either way.

A value x in a slice with the largest magnitude m is quantised to the code q, the integer nearest to x / s, with the
scale s = m / d; from then on, q s replaces x. The pipelines of task files are made of these parts. A kernel may choose

- the grid, where the task does not fix it: d = 127 with codes from -127, or d = 127.5 or 128 with codes from -128;
- the code of a tie: if x / s is close to the middle of two integers, both are legal, because scales differ by roundings
  and by the guard that keeps them from zero;
- the order of the floating-point operations that scale sums of codes back.

A kernel may not choose which slices share a scale, another rounding than to nearest, or several grids in one call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import torch

Dims: TypeAlias = int | tuple[int, ...]

SCALE_ERROR = 2.0**-20
"""Relative error of a float32 scale and of the division by it, with a reciprocal or a fast division."""

SCALE_GUARD = 1e-8
"""Largest constant that a kernel may add to a scale to keep it from zero."""

FLOAT32 = 2.0**-24
"""Unit roundoff of the arithmetic that scales sums of codes back."""

ROUNDINGS = 8
"""Number of float32 roundings that scaling back may take, including those of sums of partial products."""


class Grid(NamedTuple):
    """A quantisation grid."""

    divisor: float
    """Divisor of the largest magnitude of a slice, which gives the scale."""
    smallest: int
    """Smallest code."""
    largest: int
    """Largest code."""

    def __str__(self) -> str:
        return f"largest / {self.divisor:g}"


INT8 = (Grid(127.0, -127, 127), Grid(127.5, -128, 127), Grid(128.0, -128, 127))
"""All symmetric int8 grids in common use."""


class Pipeline(NamedTuple):
    """The result of one legal pipeline."""

    name: str
    value: torch.Tensor
    """The result, in float64."""
    tolerance: torch.Tensor
    """Largest legal difference of each element."""
    grade: str = "ieee"
    """Grade of a kernel that only meets this tolerance: `ieee` or `tf32`."""


class Codes(NamedTuple):
    """Legal codes of a tensor of values."""

    centre: torch.Tensor
    """The code; at a tie, the middle of the legal codes."""
    doubt: torch.Tensor
    """Half the distance between the smallest and the largest legal code: 0, or 1/2 at a tie."""
    scale: torch.Tensor
    """Scale of each slice."""
    error: torch.Tensor
    """Relative error of the scale."""
    slack: torch.Tensor
    """Absolute error of a code times its scale that follows from the error of the values."""

    @property
    def mT(self) -> Codes:
        """The codes of the transposed matrices."""
        return Codes(*(part.mT for part in self))

    @property
    def value(self) -> torch.Tensor:
        """The dequantised values."""
        return self.centre * self.scale

    @property
    def tolerance(self) -> torch.Tensor:
        """Largest legal difference from `value`."""
        return self.doubt * self.scale + self.error * (self.value.abs() + self.doubt * self.scale) + self.slack


def quantise(values: torch.Tensor, dim: Dims, divisor: float = 127.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the codes, in the dtype of the values, and the scale of each slice along `dim`; for references."""
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
    """Return the legal codes of values when each slice along `dim` shares a scale.

    `error` is the absolute error of each value, `precision` the relative error of the scale and of the division by it.
    With `peak`, all scales are those of this largest magnitude.
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
    """Return the matrix product from exact sums of codes, scaled back in float32, and its tolerance.

    Each row of the left operand and each column of the right one has one scale.
    """
    scale = left.scale * right.scale
    value = left.centre @ right.centre * scale
    magnitudes = left.centre.abs() @ right.centre.abs() * scale
    ties = (left.doubt @ (right.centre.abs() + right.doubt) + left.centre.abs() @ right.doubt) * scale
    scales = left.error + right.error + left.error * right.error
    return value, ties + scales * (value.abs() + ties) + ROUNDINGS * FLOAT32 * magnitudes


def rounding(dtype: torch.dtype, *values: torch.Tensor) -> torch.Tensor:
    """Return the error of rounding a result, and the terms that are added up to it, to a dtype."""
    import torch

    kind = torch.finfo(dtype)
    terms = values[0].abs()
    for value in values[1:]:
        terms = terms + value.abs()
    return (terms + kind.smallest_normal) * kind.eps
