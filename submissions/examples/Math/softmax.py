"""Softmax in two passes over each row: a running maximum with a rescaled sum, then the quotients."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def softmax_kernel(
    x_ptr, y_ptr, rows, columns, inner, stride_outer, stride_column, stride_inner,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    lane = tl.arange(0, BLOCK_COLUMNS).to(tl.int64)[None, :]
    x_row = x_ptr + (row // inner) * stride_outer + (row % inner) * stride_inner
    y_row = y_ptr + (row // inner) * columns * inner + row % inner

    peak = tl.full((BLOCK_ROWS, 1), float("-inf"), COMPUTE)
    total = tl.zeros((BLOCK_ROWS, 1), COMPUTE)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = start + lane
        inside = (row < rows) & (column < columns)
        x = tl.load(x_row + column * stride_column, mask=inside, other=float("-inf"))
        x = x.to(y_ptr.dtype.element_ty).to(COMPUTE)
        higher = tl.maximum(peak, tl.max(x, axis=1, keep_dims=True))
        # While a row has shown nothing but -inf, exp(x - peak) would be NaN; any finite shift makes it 0.
        shift = tl.where(higher == float("-inf"), 0.0, higher)
        total = total * tl.exp(peak - shift) + tl.sum(tl.exp(x - shift), axis=1, keep_dims=True)
        peak = higher

    shift = tl.where(peak == float("-inf"), 0.0, peak)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = start + lane
        inside = (row < rows) & (column < columns)
        x = tl.load(x_row + column * stride_column, mask=inside, other=float("-inf"))
        x = x.to(y_ptr.dtype.element_ty).to(COMPUTE)
        tl.store(y_row + column * inner, tl.exp(x - shift) / total, mask=inside)


def softmax(input, dim, dtype=None):
    dim = dim % max(1, input.ndim)
    before, row, after = input.shape[:dim], input.shape[dim : dim + 1], input.shape[dim + 1 :]
    outer, columns, inner = math.prod(before), math.prod(row), math.prod(after)
    x = input.reshape(outer, columns, inner)  # a view wherever the strides allow one
    result = torch.empty(input.shape, dtype=dtype or input.dtype, device=input.device)
    if result.numel() == 0:
        return result
    # Neighbours in memory go to neighbouring lanes: along the row if it is dense, across the rows if not.
    if inner == 1:
        block_columns = min(triton.next_power_of_2(columns), 4096)
        block_rows = max(1, min(triton.next_power_of_2(outer), 1024 // block_columns))
    else:
        block_rows = min(triton.next_power_of_2(outer * inner), 64)
        block_columns = min(triton.next_power_of_2(columns), 32)
    softmax_kernel[(triton.cdiv(outer * inner, block_rows),)](
        x, result, outer * inner, columns, inner, *x.stride(),
        COMPUTE=tl.float64 if result.dtype == torch.float64 else tl.float32,
        BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns, num_warps=8 if block_columns > 1024 else 4,
    )  # fmt: skip
    return result
