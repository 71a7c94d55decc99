"""Large outputs in pieces: every temporary tensor is as small as a piece, on whatever device the output is.

What depends on all elements, such as their root mean square, is collected in a first pass over the pieces.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from pytest_kernelbench.judge.comparison.verdict import widen

if TYPE_CHECKING:
    import torch

    from pytest_kernelbench.judge.comparison.evidence import ExpectedOutput

PIECE, PIECE_ELSEWHERE = 1 << 18, 1 << 24
"""Elements of a piece: on a CPU, its temporary tensors fit into a cache; a GPU needs more to be busy."""

SAMPLE = 1 << 22
"""Elements from which a median is taken, at equal distances, where there are more."""

MIN_BINADE, MAX_BINADE = -1070, 1030
"""Exponents of two between which eager's error is grouped by binade."""


class Piece(NamedTuple):
    """A part of an output, with flat tensors."""

    start: int
    """Position of its first element in the output."""
    expected: ExpectedOutput
    got: torch.Tensor


def pieces(expected: ExpectedOutput, got: torch.Tensor, size: int | None = None) -> Iterator[Piece]:
    """Yield consecutive parts of an output in row-major order; with at most `size` elements, the output itself."""
    size = size or (PIECE if got.device.type == "cpu" else PIECE_ELSEWHERE)
    count = expected.exact.numel()
    if count <= size:
        yield Piece(0, expected, got)
        return
    exact, eager, flat = (tensor.reshape(-1) for tensor in (expected.exact, expected.eager, got))
    spread = None if expected.spread is None else expected.spread.reshape(-1)
    for start in range(0, count, size):
        part = slice(start, start + size)
        moved = None if spread is None else spread[part]
        tried = None if expected.eager_error is None else expected.eager_error.reshape(-1)[part]
        cut = None if expected.truncation is None else expected.truncation.reshape(-1)[part]
        changed = replace(
            expected, exact=exact[part], eager=eager[part], spread=moved, eager_error=tried, truncation=cut
        )
        yield Piece(start, changed, flat[part])


@dataclass(frozen=True, slots=True)
class Scale:
    """What the unit of error of each element takes from the whole output."""

    rms: float
    """Root mean square of the exact values, infinite ones left out."""
    relative: torch.Tensor
    """Median of the relative sensitivity (a scalar)."""
    worst: torch.Tensor
    """Eager's largest error in each binade and its neighbours (float64)."""

    @classmethod
    def of(cls, expected: ExpectedOutput, size: int | None = None) -> Scale:
        """Return the scale of an output; `size` is that of the pieces."""
        import torch

        squares, count = 0.0, 0
        # One unused binade at either end, since `roll` wraps around.
        worst = torch.zeros(MAX_BINADE - MIN_BINADE + 4, dtype=torch.float64, device=expected.exact.device)
        for _, piece, eager in pieces(expected, expected.eager, size):
            magnitude = magnitudes(piece.exact)
            squares += float((magnitude**2).sum())
            count += magnitude.numel()
            error = torch.nan_to_num((widen(eager) - piece.exact).abs(), nan=0.0, posinf=0.0)
            if piece.eager_error is not None:
                error = torch.maximum(error, piece.eager_error)
            worst.scatter_reduce_(0, binades(magnitude).reshape(-1), error.reshape(-1), "amax")
        near = torch.maximum(worst, torch.maximum(worst.roll(1), worst.roll(-1)))
        return cls(math.sqrt(squares / max(1, count)), _relative(expected), near)


def magnitudes(exact: torch.Tensor) -> torch.Tensor:
    """Return the absolute values (float64), 0 where they are not finite."""
    import torch

    return torch.where(torch.isfinite(exact), exact.abs(), 0.0)


def binades(magnitude: torch.Tensor) -> torch.Tensor:
    """Return the number of the binade of each magnitude (int64), counted from 1."""
    import torch

    exponent = torch.floor(torch.log2(torch.clamp(magnitude, min=2.0**MIN_BINADE)))
    return exponent.clamp(MIN_BINADE, MAX_BINADE).to(torch.int64) - MIN_BINADE + 1


def _relative(expected: ExpectedOutput) -> torch.Tensor:
    """Return the median of the sensitivity relative to the value, which is 0 for a value of 0."""
    import torch

    if expected.spread is None:
        return torch.zeros((), dtype=torch.float64, device=expected.exact.device)
    exact, spread = expected.exact.reshape(-1), expected.spread.reshape(-1)
    step = -(-exact.numel() // SAMPLE)
    size = magnitudes(exact[::step])
    return torch.where(size > 0, spread[::step] / torch.clamp(size, min=1e-300), 0.0).median()
