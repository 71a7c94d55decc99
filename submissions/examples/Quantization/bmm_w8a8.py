"""W8A8 batched product: rows and columns are quantised to int8, multiplied exactly in int32, then scaled once."""

import torch
import triton
import triton.language as tl


@triton.jit
def quantise_kernel(
    x_ptr, q_ptr, scale_ptr, rows, columns, stride_batch, stride_row, stride_column,
    BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    blocks = tl.cdiv(rows, BLOCK_ROWS)
    batch = (tl.program_id(0) // blocks).to(tl.int64)
    row = (tl.program_id(0) % blocks).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    lane = tl.arange(0, BLOCK_COLUMNS).to(tl.int64)[None, :]
    x_row = x_ptr + batch * stride_batch + row * stride_row
    largest = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    for start in range(0, columns, BLOCK_COLUMNS):
        inside = (row < rows) & (start + lane < columns)
        x = tl.load(x_row + (start + lane) * stride_column, mask=inside, other=0)
        largest = tl.maximum(largest, tl.abs(x.to(tl.float32)))
    largest = tl.max(largest, axis=1, keep_dims=True)
    tl.store(scale_ptr + batch * rows + row, largest / 127, mask=row < rows)
    # A row of zeros has the scale 0 and any factor gives its zeros.
    factor = tl.where(largest == 0, 0.0, 127 / tl.where(largest == 0, 1.0, largest))
    for start in range(0, columns, BLOCK_COLUMNS):
        inside = (row < rows) & (start + lane < columns)
        x = tl.load(x_row + (start + lane) * stride_column, mask=inside, other=0)
        # At 1.5 * 2**23 the spacing of float32 is 1: adding and subtracting it rounds half to even.
        q = x.to(tl.float32) * factor + 12582912.0 - 12582912.0
        tl.store(q_ptr + (batch * rows + row) * columns + start + lane, q.to(tl.int8), mask=inside)


@triton.jit
def product_kernel(
    a_ptr, b_ptr, a_scale_ptr, b_scale_ptr, c_ptr, m, n, k,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    tiles_n = tl.cdiv(n, BLOCK_N)
    tiles = tl.cdiv(m, BLOCK_M) * tiles_n
    batch, tile = (tl.program_id(0) // tiles).to(tl.int64), tl.program_id(0) % tiles
    row = (tile // tiles_n).to(tl.int64) * BLOCK_M + tl.arange(0, BLOCK_M)[:, None]
    column = (tile % tiles_n).to(tl.int64) * BLOCK_N + tl.arange(0, BLOCK_N)[None, :]
    depth = tl.arange(0, BLOCK_K)
    a_tile = a_ptr + (batch * m + row) * k + depth[None, :]
    b_tile = b_ptr + (batch * n + column) * k + depth[:, None]
    total = tl.zeros((BLOCK_M, BLOCK_N), tl.int32)
    for start in range(0, k, BLOCK_K):
        a = tl.load(a_tile + start, mask=(row < m) & (depth < k - start)[None, :], other=0)
        b = tl.load(b_tile + start, mask=(depth < k - start)[:, None] & (column < n), other=0)
        total += tl.dot(a, b, out_dtype=tl.int32)
    a_scale = tl.load(a_scale_ptr + batch * m + row, mask=row < m, other=0)
    b_scale = tl.load(b_scale_ptr + batch * n + column, mask=column < n, other=0)
    y = total.to(tl.float32) * a_scale * b_scale
    tl.store(c_ptr + (batch * m + row) * n + column, y, mask=(row < m) & (column < n))


def quantise(x):
    """Return the rows of each matrix as int8, dense, with one scale each."""
    batch, rows, columns = x.shape
    q = torch.empty(x.shape, dtype=torch.int8, device=x.device)
    scale = torch.empty((batch, rows), dtype=torch.float32, device=x.device)
    # Neighbours in memory go to neighbouring lanes: along the row if it is dense, across the rows if not.
    if x.stride(2) == 1:
        block_columns = min(triton.next_power_of_2(max(columns, 1)), 1024)
        block_rows = 1024 // block_columns
    else:
        block_rows, block_columns = 64, 32
    quantise_kernel[(batch * triton.cdiv(rows, block_rows),)](
        x, q, scale, rows, columns, *x.stride(), BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns
    )
    return q, scale


def bmm_w8a8(input, mat2):
    (batch, m, k), n = input.shape, mat2.shape[2]
    a, a_scale = quantise(input)
    b, b_scale = quantise(mat2.mT)  # columns become rows, which the tensor cores read along k
    result = torch.empty((batch, m, n), dtype=input.dtype, device=input.device)
    product_kernel[(batch * triton.cdiv(m, 64) * triton.cdiv(n, 64),)](
        a, b, a_scale, b_scale, result, m, n, k, BLOCK_M=64, BLOCK_N=64, BLOCK_K=64, num_warps=8
    )
    return result
