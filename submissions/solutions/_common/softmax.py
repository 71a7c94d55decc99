"""Softmax and log-softmax along one dimension of a function of each element, in two passes over each row.

The first pass keeps a running maximum and a rescaled sum (Milakov and Gimelshein, Online Normalizer Calculation for
Softmax, 2018), the second writes the results.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

from _common.rows import blocks, middle


@triton.jit
def itself(x):
    return x


@triton.jit
def softmax_kernel(
    x_ptr, from_ptr, y_ptr, rows, columns, inner, x_strides, y_strides, number, p, scale,
    BEFORE: tl.constexpr, LOG: tl.constexpr, DROP: tl.constexpr, COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    lane = tl.arange(0, BLOCK_COLUMNS).to(tl.int64)[None, :]
    x_row = x_ptr + (row // inner) * x_strides[0] + (row % inner) * x_strides[2]
    y_row = (row // inner) * y_strides[0] + (row % inner) * y_strides[2]
    peak = tl.full((BLOCK_ROWS, 1), float("-inf"), COMPUTE)
    total = tl.zeros((BLOCK_ROWS, 1), COMPUTE)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = start + lane
        inside = (row < rows) & (column < columns)
        at = tl.load(from_ptr + column, mask=column < columns, other=0) if from_ptr is not None else column
        x = tl.load(x_row + at * x_strides[1], mask=inside, other=1).to(COMPUTE)
        x = tl.where(inside, BEFORE(x), float("-inf"))
        higher = tl.maximum(peak, tl.max(x, axis=1, keep_dims=True))
        # While a row has shown nothing but -inf, exp(x - peak) would be NaN; any finite shift makes it 0.
        shift = tl.where(higher == float("-inf"), 0.0, higher)
        total = total * tl.exp(peak - shift) + tl.sum(tl.exp(x - shift), axis=1, keep_dims=True)
        peak = higher
    shift = tl.where(peak == float("-inf"), 0.0, peak)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = start + lane
        inside = (row < rows) & (column < columns)
        at = tl.load(from_ptr + column, mask=column < columns, other=0) if from_ptr is not None else column
        x = BEFORE(tl.load(x_row + at * x_strides[1], mask=inside, other=1).to(COMPUTE)) - shift
        y = x - tl.log(total) if LOG else tl.exp(x) / total
        place = y_row + column * y_strides[1]
        if DROP:
            y = tl.where(tl.rand(number, place) >= p, y * scale, 0.0)
        tl.store(y_ptr + place, y, mask=inside)


def softmax(
    x: torch.Tensor,
    dim: int,
    dtype: torch.dtype | None = None,
    log: bool = False,
    before: Any = itself,
    source: torch.Tensor | None = None,
    drop: tuple[int, float, float] | None = None,
) -> torch.Tensor:
    """Return the (log-)softmax of `before(x)`, with columns picked by `source`, then dropout of `drop`.

    `drop` is a seed, a probability and a scale.
    """
    dim = dim % max(1, x.ndim)
    view = middle(x, [dim] if x.ndim else [])
    columns = view.shape[1] if source is None else source.shape[0]
    shape = [columns if axis == dim else size for axis, size in enumerate(x.shape)]
    result = torch.empty(shape, dtype=dtype or x.dtype, device=x.device)
    if result.numel():
        y = middle(result, [dim] if x.ndim else [])
        rows = y.shape[0] * y.shape[2]
        block_rows, block_columns = blocks(y)
        wide = torch.float64 in (x.dtype, result.dtype)
        softmax_kernel[(triton.cdiv(rows, block_rows),)](
            view, source, y, rows, columns, y.shape[2], view.stride(), y.stride(), *(drop or (0, 0.0, 1.0)),
            BEFORE=before, LOG=log, DROP=drop is not None, COMPUTE=tl.float64 if wide else tl.float32,
            BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
        )  # fmt: skip
    return result
