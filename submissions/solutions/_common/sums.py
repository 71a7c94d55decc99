"""Sums and means of a function of each element, without atomics: parts of a row are summed, then their sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import triton
import triton.language as tl

from _common.rows import accumulator, blocks, kept_shape, middle, normalised, part, splits


@triton.jit
def identity(x):
    return x


@triton.jit
def exponential(x):
    return tl.exp(x)


@triton.jit
def sums_kernel(
    x_ptr, other_ptr, y_ptr, rows, columns, inner, strides, other_strides, chunk, number, alpha, divisor,
    FUNCTION: tl.constexpr, COMPUTE: tl.constexpr, ACCUMULATOR: tl.constexpr,
    BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, x_row, begin, end = part(rows, columns, inner, chunk, strides[0], strides[2], BLOCK_ROWS)
    other_row = (row // inner) * other_strides[0] + (row % inner) * other_strides[2]
    total = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), ACCUMULATOR)
    for start in range(begin, end, BLOCK_COLUMNS):
        column = start + tl.arange(0, BLOCK_COLUMNS)[None, :]
        inside = (row < rows) & (column < end)
        x = tl.load(x_ptr + x_row + column * strides[1], mask=inside, other=0).to(COMPUTE)
        if other_ptr is not None:
            other = tl.load(other_ptr + other_row + column * other_strides[1], mask=inside, other=0).to(COMPUTE)
            x += other * alpha
        else:
            x += number
        total += tl.where(inside, FUNCTION(x), 0).to(ACCUMULATOR)
    sums = tl.sum(total, axis=1, keep_dims=True) / divisor
    tl.store(y_ptr + row * tl.num_programs(1) + tl.program_id(1), sums, mask=row < rows)


def mean(
    x: torch.Tensor,
    dim: int | Sequence[int] | None,
    keepdim: bool = False,
    dtype: torch.dtype | None = None,
    out: torch.Tensor | None = None,
    function: Any = identity,
    other: torch.Tensor | float | None = None,
    alpha: float = 1,
) -> torch.Tensor:
    """Return the mean of `function(x + alpha * other)` over dimensions; other is a tensor of x's shape or a number."""
    return total(x, dim, keepdim, dtype, out, function, other, alpha, average=True)


def total(
    x: torch.Tensor,
    dim: int | Sequence[int] | None,
    keepdim: bool = False,
    dtype: torch.dtype | None = None,
    out: torch.Tensor | None = None,
    function: Any = identity,
    other: torch.Tensor | float | None = None,
    alpha: float = 1,
    average: bool = False,
) -> torch.Tensor:
    """Return the sum of `function(x + alpha * other)` over dimensions, divided by their size for an average."""
    dims = normalised(dim, x.ndim)
    shape = kept_shape(x, dims, keepdim)
    dtype = dtype or x.dtype
    direct = out is not None and out.resize_(shape).is_contiguous()
    result = out if direct else torch.empty(shape, dtype=dtype, device=x.device)
    if result.numel():
        x = middle(x, dims)
        tensor = torch.is_tensor(other)
        second = middle(other, dims) if tensor else None
        number = 0 if tensor or other is None else alpha * other
        whole = not x.is_floating_point() and isinstance(number, int)
        ours, theirs = accumulator(torch.float64 if x.dtype == torch.float64 else dtype)
        compute = tl.int64 if whole else ours
        block_rows, block_columns = blocks(x)
        pieces = splits(x, block_rows)
        rows, columns, inner = x.shape[0] * x.shape[2], *x.shape[1:]
        divisor = columns if average else 1

        partial = result if pieces == 1 else torch.empty((rows, pieces), dtype=theirs, device=x.device)
        sums_kernel[(triton.cdiv(rows, block_rows), pieces)](
            x, second, partial, rows, columns, inner, x.stride(), second.stride() if tensor else (0, 0, 0),
            triton.cdiv(columns, pieces), number, alpha, float(divisor if pieces == 1 else 1),
            FUNCTION=function, COMPUTE=compute, ACCUMULATOR=ours, BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
        )  # fmt: skip
        if pieces > 1:
            block_columns = triton.next_power_of_2(pieces)
            block_rows = max(1, 1024 // block_columns)
            sums_kernel[(triton.cdiv(rows, block_rows), 1)](
                partial, None, result, rows, pieces, 1, (pieces, 1, 0), (0, 0, 0), pieces, 0, 1, float(divisor),
                FUNCTION=identity, COMPUTE=ours, ACCUMULATOR=ours, BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
            )  # fmt: skip
    return result if out is None or direct else out.copy_(result)
