"""Log-softmax of repeated elements, which are read where they are: no repeated tensor is stored. Bound by memory.

The sum of a row has each exponential times its repeats. A number of repeats divides columns to find their source. Where
each element has its own, one program adds them up, and a binary search finds the source of each column.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from _common.rows import blocks, middle


@triton.jit
def ends_kernel(repeats_ptr, stride, ends_ptr, count, BLOCK: tl.constexpr):
    before = tl.zeros((), tl.int64)
    for start in range(0, count, BLOCK):
        at = start + tl.arange(0, BLOCK)
        times = tl.load(repeats_ptr + at * stride, mask=at < count, other=0).to(tl.int64)
        tl.store(ends_ptr + at, before + tl.cumsum(times, axis=0), mask=at < count)
        before += tl.sum(times, axis=0)


@triton.jit
def source_kernel(ends_ptr, source_ptr, columns, count, steps, BLOCK: tl.constexpr):
    column = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    low = tl.zeros((BLOCK,), tl.int64)
    high = low + count
    for _ in range(steps):
        middle = (low + high) // 2
        after = tl.load(ends_ptr + middle, mask=middle < count, other=0) <= column
        low, high = tl.where(after & (low < high), middle + 1, low), tl.where(after, high, middle)
    tl.store(source_ptr + column, low, mask=column < columns)


@triton.jit
def softmax_kernel(
    x_ptr, times_ptr, source_ptr, y_ptr, rows, count, columns, inner, times, x_strides, times_stride, y_strides,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    lane = tl.arange(0, BLOCK_COLUMNS).to(tl.int64)[None, :]
    x_row = x_ptr + (row // inner) * x_strides[0] + (row % inner) * x_strides[2]
    y_row = y_ptr + (row // inner) * y_strides[0] + (row % inner) * y_strides[2]
    peak = tl.full((BLOCK_ROWS, 1), float("-inf"), COMPUTE)
    total = tl.zeros((BLOCK_ROWS, 1), COMPUTE)
    for start in range(0, count, BLOCK_COLUMNS):
        at = start + lane
        inside = (row < rows) & (at < count)
        x = tl.load(x_row + at * x_strides[1], mask=inside, other=float("-inf")).to(COMPUTE)
        higher = tl.maximum(peak, tl.max(x, axis=1, keep_dims=True))
        # While a row has shown nothing but -inf, exp(x - peak) would be NaN; any finite shift makes it 0.
        shift = tl.where(higher == float("-inf"), 0.0, higher)
        each = tl.exp(x - shift)
        if times_ptr is None:
            each *= times
        else:
            each *= tl.load(times_ptr + at * times_stride, mask=at < count, other=0).to(COMPUTE)
        total = total * tl.exp(peak - shift) + tl.sum(each, axis=1, keep_dims=True)
        peak = higher
    shift = tl.where(peak == float("-inf"), 0.0, peak)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = start + lane
        inside = (row < rows) & (column < columns)
        at = column // times if source_ptr is None else tl.load(source_ptr + column, mask=column < columns, other=0)
        x = tl.load(x_row + at * x_strides[1], mask=inside, other=0).to(COMPUTE)
        tl.store(y_row + column * y_strides[1], x - shift - tl.log(total), mask=inside)


def fused_repeat_interleave_log_softmax(
    input: torch.Tensor,
    repeats: Any,
    dim: int | None = None,
    *,
    output_size: int | None = None,
    dtype: torch.dtype | None = None,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    x, dim = (input.reshape(-1), 0) if dim is None else (input, dim % max(1, input.ndim))
    count = x.shape[dim]
    each, source, columns = None, None, count
    if torch.is_tensor(repeats):
        each, repeats = repeats.expand(count), 1
        ends = torch.empty(count, dtype=torch.int64, device=x.device)
        ends_kernel[(1,)](each, each.stride(0), ends, count, BLOCK=1024)
        columns = output_size or int(ends[-1])
        source = torch.empty(columns, dtype=torch.int64, device=x.device)
        source_kernel[(triton.cdiv(columns, 1024),)](ends, source, columns, count, count.bit_length() + 1, BLOCK=1024)
    columns *= repeats
    shape = [columns if axis == dim else size for axis, size in enumerate(x.shape)]
    result = torch.empty(shape, dtype=dtype or x.dtype, device=x.device)
    view, y = (middle(tensor, [dim]) for tensor in (x, result))
    rows = y.shape[0] * y.shape[2]
    block_rows, block_columns = blocks(y)
    softmax_kernel[(triton.cdiv(rows, block_rows),)](
        view, each, source, y, rows, count, columns, y.shape[2], repeats, view.stride(),
        1 if each is None else each.stride(0), y.stride(),
        COMPUTE=tl.float64 if torch.float64 in (x.dtype, result.dtype) else tl.float32,
        BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
    )  # fmt: skip
    return result if out is None else out.resize_(result.shape).copy_(result)
