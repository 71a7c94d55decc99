"""Smallest values of a function along rows, and where they are: the first of equals, and a NaN before all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import triton
import triton.language as tl

from _common.rows import accumulator, blocks, kept_shape, middle, normalised, part, splits


@triton.jit
def minima_kernel(
    x_ptr, from_ptr, value_ptr, place_ptr, rows, columns, inner, strides, chunk,
    FUNCTION: tl.constexpr, HIGHEST: tl.constexpr, COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, x_row, begin, end = part(rows, columns, inner, chunk, strides[0], strides[2], BLOCK_ROWS)
    never = tl.full((BLOCK_ROWS, 1), 2**62, tl.int64)
    best = tl.full((BLOCK_ROWS, 1), HIGHEST, COMPUTE)
    best_place, nan_place = never, never
    for start in range(begin, end, BLOCK_COLUMNS):
        column = start + tl.arange(0, BLOCK_COLUMNS)[None, :]
        inside = (row < rows) & (column < end)
        y = FUNCTION(tl.load(x_ptr + x_row + column * strides[1], mask=inside, other=0).to(COMPUTE))
        if from_ptr is not None:
            place = tl.load(from_ptr + row * columns + column, mask=inside, other=0)
        else:
            place = column + tl.zeros_like(row)
        is_nan = inside & (y != y)
        nan_place = tl.minimum(nan_place, tl.min(tl.where(is_nan, place, never), axis=1, keep_dims=True))
        y = tl.where(inside & (y == y), y, HIGHEST)
        least = tl.min(y, axis=1, keep_dims=True)
        least_place = tl.min(tl.where(inside & (y == least), place, never), axis=1, keep_dims=True)
        better = (least < best) | (best_place == never)
        best, best_place = tl.where(better, least, best), tl.where(better, least_place, best_place)
    if COMPUTE.is_floating():
        best = tl.where(nan_place < never, float("nan"), best)
    at = row * tl.num_programs(1) + tl.program_id(1)
    tl.store(value_ptr + at, best, mask=row < rows)
    if place_ptr is not None:
        tl.store(place_ptr + at, tl.where(nan_place < never, nan_place, best_place), mask=row < rows)


@triton.jit
def itself(x):
    return x


def minima(
    x: torch.Tensor, dim: int | Sequence[int] | None, keepdim: bool = False, function: Any = itself, places: bool = True
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return the minima of `function(x)` along one dimension, or of all elements, and their places."""
    dims = normalised(dim, x.ndim)
    shape = kept_shape(x, dims, keepdim)
    view = middle(x, dims)
    rows, columns, inner = view.shape[0] * view.shape[2], *view.shape[1:]
    if columns == 0:
        raise IndexError("the reduced dimension has no elements")
    values = torch.empty(shape, dtype=x.dtype, device=x.device)
    where = torch.empty(shape, dtype=torch.int64, device=x.device) if places else None
    if rows == 0:
        return values, where
    floating = x.is_floating_point()
    compute, partial = accumulator(x.dtype) if floating else (tl.int64, torch.int64)
    highest = float("inf") if floating else torch.iinfo(x.dtype).max
    block_rows, block_columns = blocks(view)
    pieces = splits(view, block_rows)
    first, first_place = values, where
    if pieces > 1:
        first = torch.empty((rows, pieces), dtype=partial, device=x.device)
        first_place = torch.empty((rows, pieces), dtype=torch.int64, device=x.device) if places else None
    minima_kernel[(triton.cdiv(rows, block_rows), pieces)](
        view, None, first, first_place, rows, columns, inner, view.stride(), triton.cdiv(columns, pieces),
        FUNCTION=function, HIGHEST=highest, COMPUTE=compute, BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
    )  # fmt: skip
    if pieces > 1:
        block_columns = triton.next_power_of_2(pieces)
        block_rows = max(1, 1024 // block_columns)
        minima_kernel[(triton.cdiv(rows, block_rows), 1)](
            first, first_place, values, where, rows, pieces, 1, (pieces, 1, 0), pieces,
            FUNCTION=itself, HIGHEST=highest, COMPUTE=compute, BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
        )  # fmt: skip
    return values, where
