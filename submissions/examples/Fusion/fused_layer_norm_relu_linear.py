"""Linear and ReLU in one kernel with float32 results, then layer norm of rows of any length from merged moments."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def relu_linear_kernel(
    x_ptr, weight_ptr, bias_ptr, y_ptr, m, n, k, x_row, x_column, weight_row, weight_column,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    tiles_n = tl.cdiv(n, BLOCK_N)
    row = (tl.program_id(0) // tiles_n).to(tl.int64) * BLOCK_M + tl.arange(0, BLOCK_M)[:, None]
    column = (tl.program_id(0) % tiles_n).to(tl.int64) * BLOCK_N + tl.arange(0, BLOCK_N)[None, :]
    depth = tl.arange(0, BLOCK_K).to(tl.int64)
    step = tl.full((), BLOCK_K, tl.int64)  # times a stride it may need more than 32 bits
    x_tile = x_ptr + row * x_row + depth[None, :] * x_column
    weight_tile = weight_ptr + depth[:, None] * weight_column + column * weight_row
    total = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for start in range(0, k, BLOCK_K):
        x = tl.load(x_tile, mask=(row < m) & (depth < k - start)[None, :], other=0)
        weight = tl.load(weight_tile, mask=(depth < k - start)[:, None] & (column < n), other=0)
        total = tl.dot(x, weight, total, input_precision="ieee")
        x_tile += step * x_column
        weight_tile += step * weight_column
    if bias_ptr is not None:
        total += tl.load(bias_ptr + column, mask=column < n, other=0).to(tl.float32)
    tl.store(y_ptr + row * n + column, tl.where(total < 0, 0.0, total), mask=(row < m) & (column < n))


@triton.jit
def layer_norm_kernel(x_ptr, y_ptr, rows, columns, eps, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr):
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    mean = tl.zeros((BLOCK_ROWS, 1), tl.float32)
    m2 = tl.zeros((BLOCK_ROWS, 1), tl.float32)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = start + tl.arange(0, BLOCK_COLUMNS)[None, :]
        inside = (row < rows) & (column < columns)
        x = tl.load(x_ptr + row * columns + column, mask=inside, other=0)
        seen = start * 1.0
        size = tl.minimum(columns - start, BLOCK_COLUMNS).to(tl.float32)
        tile_mean = tl.sum(x, axis=1, keep_dims=True) / size
        deviation = tl.where(inside, x - tile_mean, 0.0)
        step = tile_mean - mean
        mean += step * (size / (seen + size))
        m2 += tl.sum(deviation * deviation, axis=1, keep_dims=True) + step * step * (seen * (size / (seen + size)))
    scale = 1.0 / tl.sqrt(m2 / columns + eps)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = start + tl.arange(0, BLOCK_COLUMNS)[None, :]
        inside = (row < rows) & (column < columns)
        x = tl.load(x_ptr + row * columns + column, mask=inside, other=0)
        tl.store(y_ptr + row * columns + column, (x - mean) * scale, mask=inside)


def fused_layer_norm_relu_linear(input, weight, bias=None, normalized_shape=None, eps=1e-5, elementwise_affine=True):
    # A fresh affine transform is the identity and the signature has no other, so elementwise_affine changes nothing.
    n, k = weight.shape
    m = math.prod(input.shape[:-1])
    x = input.reshape(m, k)
    bias = None if bias is None else bias.contiguous()
    hidden = torch.empty((m, n), dtype=torch.float32, device=input.device)
    result = torch.empty((*input.shape[:-1], n), dtype=input.dtype, device=input.device)
    block_m = 32 if m <= 32 else 64
    relu_linear_kernel[(triton.cdiv(m, block_m) * triton.cdiv(n, 128),)](
        x, weight, bias, hidden, m, n, k, *x.stride(), *weight.stride(),
        BLOCK_M=block_m, BLOCK_N=128, BLOCK_K=32, num_warps=8, num_stages=3,
    )  # fmt: skip
    shape = (n,) if normalized_shape is None else normalized_shape
    columns = shape if isinstance(shape, int) else math.prod(shape)
    rows = result.numel() // columns
    block_columns = min(triton.next_power_of_2(columns), 4096)
    block_rows = max(1, 1024 // block_columns)
    layer_norm_kernel[(triton.cdiv(rows, block_rows),)](
        hidden, result, rows, columns, eps,
        BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns, num_warps=8 if block_columns > 1024 else 4,
    )  # fmt: skip
    return result
