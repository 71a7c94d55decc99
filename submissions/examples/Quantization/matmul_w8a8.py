"""W8A8 product: both operands are quantised to int8 on the GPU, multiplied exactly in int32, then scaled once."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def quantise_kernel(
    x_ptr, q_ptr, scale_ptr, rows, columns, stride_row, stride_column,
    BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    lane = tl.arange(0, BLOCK_COLUMNS).to(tl.int64)[None, :]
    largest = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    for start in range(0, columns, BLOCK_COLUMNS):
        inside = (row < rows) & (start + lane < columns)
        x = tl.load(x_ptr + row * stride_row + (start + lane) * stride_column, mask=inside, other=0)
        largest = tl.maximum(largest, tl.abs(x.to(tl.float32)))
    scale = tl.div_rn(tl.max(largest, axis=1, keep_dims=True), tl.full((BLOCK_ROWS, 1), 127.0, tl.float32))
    tl.store(scale_ptr + row, scale, mask=row < rows)
    # A row of zeros has the scale 0 and any divisor gives its zeros.
    divisor = tl.where(scale == 0, 1.0, scale) + tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    for start in range(0, columns, BLOCK_COLUMNS):
        inside = (row < rows) & (start + lane < columns)
        x = tl.load(x_ptr + row * stride_row + (start + lane) * stride_column, mask=inside, other=0)
        # At 1.5 * 2**23 the spacing of float32 is 1: adding and subtracting it rounds half to even.
        q = tl.div_rn(x.to(tl.float32), divisor) + 12582912.0 - 12582912.0
        tl.store(q_ptr + row * columns + start + lane, q.to(tl.int8), mask=inside)


@triton.jit
def matmul_kernel(
    a_ptr, b_ptr, a_scale_ptr, b_scale_ptr, c_ptr, m, n, k,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    tiles_n = tl.cdiv(n, BLOCK_N)
    row = (tl.program_id(0) // tiles_n).to(tl.int64) * BLOCK_M + tl.arange(0, BLOCK_M)[:, None]
    column = (tl.program_id(0) % tiles_n).to(tl.int64) * BLOCK_N + tl.arange(0, BLOCK_N)[None, :]
    depth = tl.arange(0, BLOCK_K)
    a_tile = a_ptr + row * k + depth[None, :]
    b_tile = b_ptr + column * k + depth[:, None]
    total = tl.zeros((BLOCK_M, BLOCK_N), tl.int32)
    for start in range(0, k, BLOCK_K):
        a = tl.load(a_tile + start, mask=(row < m) & (depth < k - start)[None, :], other=0)
        b = tl.load(b_tile + start, mask=(depth < k - start)[:, None] & (column < n), other=0)
        total += tl.dot(a, b, out_dtype=tl.int32)
    a_scale = tl.load(a_scale_ptr + row, mask=row < m, other=0)
    b_scale = tl.load(b_scale_ptr + column, mask=column < n, other=0)
    y = total.to(tl.float32) * a_scale * b_scale
    tl.store(c_ptr + row * n + column, y, mask=(row < m) & (column < n))


def quantise(x):
    """Return the rows of x as int8 with one scale each."""
    rows, columns = x.shape
    q = torch.empty((rows, columns), dtype=torch.int8, device=x.device)
    scale = torch.empty(rows, dtype=torch.float32, device=x.device)
    # Neighbours in memory go to neighbouring lanes: along the row if it is dense, across the rows if not.
    if x.stride(1) == 1:
        block_columns = min(triton.next_power_of_2(max(columns, 1)), 1024)
        block_rows = 1024 // block_columns
    else:
        block_rows, block_columns = 64, 32
    quantise_kernel[(triton.cdiv(rows, block_rows),)](
        x, q, scale, rows, columns, *x.stride(), BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns
    )
    return q, scale


def matmul_w8a8(input, weight):
    (k, n), m = weight.shape, math.prod(input.shape[:-1])
    a, a_scale = quantise(input.reshape(m, k))
    b, b_scale = quantise(weight.t())  # output channels become rows, which the tensor cores read along k
    result = torch.empty((*input.shape[:-1], n), dtype=input.dtype, device=input.device)
    matmul_kernel[(triton.cdiv(m, 64) * triton.cdiv(n, 64),)](
        a, b, a_scale, b_scale, result, m, n, k, BLOCK_M=64, BLOCK_N=64, BLOCK_K=64, num_warps=8
    )
    return result
