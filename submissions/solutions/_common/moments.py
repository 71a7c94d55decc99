"""Standard deviations in one read: two-pass moments of a tile, merged from tile to tile as (mean, m2).

The merge is that of Chan, Golub and LeVeque, Updating Formulae and a Pairwise Algorithm for Computing Sample Variances,
1979.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import triton
import triton.language as tl

from _common.rows import accumulator, blocks, kept_shape, middle, normalised, part, splits


@triton.jit
def moments_kernel(
    x_ptr, mean_ptr, m2_ptr, rows, columns, inner, strides, chunk,
    FUNCTION: tl.constexpr, COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, x_row, begin, end = part(rows, columns, inner, chunk, strides[0], strides[2], BLOCK_ROWS)
    mean = tl.zeros((BLOCK_ROWS, 1), COMPUTE)
    m2 = tl.zeros((BLOCK_ROWS, 1), COMPUTE)
    for start in range(begin, end, BLOCK_COLUMNS):
        column = start + tl.arange(0, BLOCK_COLUMNS)[None, :]
        inside = (row < rows) & (column < end)
        x = FUNCTION(tl.load(x_ptr + x_row + column * strides[1], mask=inside, other=0).to(COMPUTE))
        x = tl.where(inside, x, 0.0)
        count = tl.minimum(end - start, BLOCK_COLUMNS).to(COMPUTE)
        tile_mean = tl.sum(x, axis=1, keep_dims=True) / count
        deviation = tl.where(inside, x - tile_mean, 0.0)
        # The deviations from an exact mean sum to 0; what they do sum to corrects the rounding of tile_mean.
        slack = tl.sum(deviation, axis=1, keep_dims=True)
        tile_m2 = tl.sum(deviation * deviation, axis=1, keep_dims=True) - slack * (slack / count)
        seen = (start - begin).to(COMPUTE)
        step = tile_mean + slack / count - mean
        mean += step * (count / (seen + count))
        m2 += tile_m2 + step * step * (seen * (count / (seen + count)))
    at = row * tl.num_programs(1) + tl.program_id(1)
    tl.store(mean_ptr + at, mean, mask=row < rows)
    tl.store(m2_ptr + at, m2, mask=row < rows)


@triton.jit
def deviation_kernel(
    mean_ptr, m2_ptr, y_ptr, rows, columns, chunk, pieces,
    CORRECTION: tl.constexpr, COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    piece = tl.arange(0, BLOCK_COLUMNS).to(tl.int64)[None, :]
    inside = (row < rows) & (piece < pieces)
    mean = tl.load(mean_ptr + row * pieces + piece, mask=inside, other=0)
    m2 = tl.load(m2_ptr + row * pieces + piece, mask=inside, other=0)
    count = tl.minimum(tl.maximum(columns - piece * chunk, 0), chunk).to(COMPUTE)
    size = tl.full((BLOCK_ROWS, 1), columns, COMPUTE)
    step = tl.where(inside, mean - tl.sum(mean * count, axis=1, keep_dims=True) / size, 0.0)
    slack = tl.sum(step * count, axis=1, keep_dims=True)
    m2 = tl.sum(m2 + step * step * count, axis=1, keep_dims=True) - slack * (slack / size)
    divisor = size - CORRECTION
    # Comparisons instead of maximum, which would turn NaN into 0 on a GPU.
    variance = tl.where(m2 < 0, 0.0, m2) / tl.where(divisor < 0, 0.0, divisor)
    tl.store(y_ptr + row, tl.sqrt(variance), mask=row < rows)


def deviations(
    x: torch.Tensor,
    dim: int | Sequence[int] | None,
    correction: float,
    keepdim: bool,
    function: Any,
    out: torch.Tensor | None = None,
    dtype: torch.dtype | None = None,
) -> torch.Tensor:
    """Return the standard deviations of `function(x)` over dimensions."""
    dims = normalised(dim, x.ndim)
    shape = kept_shape(x, dims, keepdim)
    dtype = dtype or x.dtype
    direct = out is not None and out.resize_(shape).is_contiguous()
    result = out if direct else torch.empty(shape, dtype=dtype, device=x.device)
    view = middle(x, dims)
    rows, columns, inner = view.shape[0] * view.shape[2], *view.shape[1:]
    if rows:
        block_rows, block_columns = blocks(view)
        pieces = splits(view, block_rows)
        chunk = triton.cdiv(columns, pieces)
        compute, partial = accumulator(torch.promote_types(x.dtype, dtype))
        mean, m2 = torch.empty((2, rows, pieces), dtype=partial, device=x.device)
        moments_kernel[(triton.cdiv(rows, block_rows), pieces)](
            view, mean, m2, rows, columns, inner, view.stride(), chunk,
            FUNCTION=function, COMPUTE=compute, BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
        )  # fmt: skip
        block_columns = triton.next_power_of_2(pieces)
        block_rows = max(1, 512 // block_columns)
        deviation_kernel[(triton.cdiv(rows, block_rows),)](
            mean, m2, result, rows, columns, chunk, pieces,
            CORRECTION=correction, COMPUTE=compute, BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
        )  # fmt: skip
    return result if out is None or direct else out.copy_(result)
