"""Nearest or bilinear resizing, whose positions are exact fractions of whole numbers. Bound by memory.

A ratio of sizes is kept as numerator and denominator, and so is a factor: no position is rounded, and none falls into
the pixel before its own. The divisions are made once a row and once a column of a tile, not once an element.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch
import triton
import triton.language as tl


@triton.jit
def between(index, size, ratio, LINEAR: tl.constexpr, ALIGNED: tl.constexpr, COMPUTE: tl.constexpr):
    """Return the pixel before a position, the one behind it, and the weight of the latter."""
    top, bottom = ratio[0] * index, index * 0 + ratio[1]
    if LINEAR and not ALIGNED:
        # Centres of pixels: (index + 1/2) * ratio - 1/2, at least 0.
        top, bottom = tl.maximum(2 * top + ratio[0] - bottom, 0), 2 * bottom
    before = tl.minimum(top // bottom, size - 1)
    return before, tl.minimum(before + 1, size - 1), (top % bottom).to(COMPUTE) / bottom.to(COMPUTE)


@triton.jit
def interpolate_kernel(
    x_ptr, y_ptr, channels, sizes, y_sizes, rows, down, along, strides, LINEAR: tl.constexpr, ALIGNED: tl.constexpr,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    tiles = tl.cdiv(y_sizes[1], BLOCK_COLUMNS)
    row = (tl.program_id(0) // tiles).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    column = (tl.program_id(0) % tiles).to(tl.int64) * BLOCK_COLUMNS + tl.arange(0, BLOCK_COLUMNS)[None, :]
    inside = (row < rows) & (column < y_sizes[1])
    top, bottom, lower = between(row % y_sizes[0], sizes[0], down, LINEAR, ALIGNED, COMPUTE)
    left, right, later = between(column, sizes[1], along, LINEAR, ALIGNED, COMPUTE)
    plane = row // y_sizes[0]
    source = x_ptr + plane // channels * strides[0] + plane % channels * strides[1]
    y = tl.load(source + top * strides[2] + left * strides[3], mask=inside, other=0)
    if LINEAR:
        corner = tl.load(source + top * strides[2] + right * strides[3], mask=inside, other=0).to(COMPUTE)
        above = y.to(COMPUTE) * (1.0 - later) + corner * later
        y = tl.load(source + bottom * strides[2] + left * strides[3], mask=inside, other=0).to(COMPUTE)
        corner = tl.load(source + bottom * strides[2] + right * strides[3], mask=inside, other=0).to(COMPUTE)
        y = above * (1.0 - lower) + (y * (1.0 - later) + corner * later) * lower
    tl.store(y_ptr + row * y_sizes[1] + column, y, mask=inside)


def pair(value: Any) -> tuple[Any, Any]:
    """Return an option of both dimensions as two."""
    return tuple(value) if isinstance(value, tuple | list) else (value, value)


def ratio(size: int, target: int, factor: float | None, aligned: bool) -> tuple[int, int]:
    """Return pixels of the input a pixel of the output, as numerator and denominator."""
    if aligned:
        return (size - 1, target - 1) if target > 1 else (0, 1)
    if factor is None:
        return size, target
    step = 1 / Fraction(factor).limit_denominator(1 << 20)
    return step.numerator, step.denominator


def interpolate(
    input: torch.Tensor,
    size: int | tuple[int, int] | None = None,
    scale_factor: float | tuple[float, float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> torch.Tensor:
    if mode not in ("nearest", "bilinear") or input.ndim != 4:
        raise ValueError(f"nearest and bilinear for four dimensions, not {mode!r} for {input.ndim}")
    if (size is None) == (scale_factor is None):
        raise ValueError("either size or scale_factor is needed, and not both")
    sizes, factors = tuple(input.shape[2:]), pair(scale_factor)
    targets = pair(size) if size is not None else tuple(int(n * f) for n, f in zip(sizes, factors, strict=True))
    result = torch.empty((*input.shape[:2], *targets), dtype=input.dtype, device=input.device)
    if result.numel():
        aligned = bool(align_corners) and mode == "bilinear"
        down, along = (ratio(*each, aligned) for each in zip(sizes, targets, factors, strict=True))
        rows = result.numel() // targets[1]
        block_columns = min(triton.next_power_of_2(targets[1]), 512)
        block_rows = 1024 // block_columns
        interpolate_kernel[(triton.cdiv(rows, block_rows) * triton.cdiv(targets[1], block_columns),)](
            input, result, input.shape[1], sizes, targets, rows, down, along, input.stride(), LINEAR=mode == "bilinear",
            ALIGNED=aligned, COMPUTE=tl.float64 if input.dtype == torch.float64 else tl.float32,
            BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
        )  # fmt: skip
    return result
