"""tanh(input @ weight.T + bias) in one kernel: bias and tanh are applied to the float32 tile before it is rounded."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def tanh(x):
    # (1 - exp(-2|x|)) / (1 + exp(-2|x|)) never overflows but cancels near 0, where a Pade quotient is exact to 1e-8.
    decay = tl.exp(-2.0 * tl.abs(x))
    far = tl.where(x < 0, -1.0, 1.0) * (1.0 - decay) / (1.0 + decay)
    square = x * x
    near = x * (945.0 + square * (105.0 + square)) / (945.0 + square * (420.0 + square * 15.0))
    return tl.where(square < 0.3, near, far)


@triton.jit
def tanh_linear_kernel(
    x_ptr, weight_ptr, bias_ptr, y_ptr, m, n, k, x_row, x_column, weight_row, weight_column,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    tiles_n = tl.cdiv(n, BLOCK_N)
    row = (tl.program_id(0) // tiles_n).to(tl.int64) * BLOCK_M + tl.arange(0, BLOCK_M)[:, None]
    column = (tl.program_id(0) % tiles_n).to(tl.int64) * BLOCK_N + tl.arange(0, BLOCK_N)[None, :]
    total = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for start in range(0, k, BLOCK_K):
        depth = start + tl.arange(0, BLOCK_K).to(tl.int64)
        x = tl.load(x_ptr + row * x_row + depth[None, :] * x_column, mask=(row < m) & (depth < k)[None, :], other=0)
        # The transpose of weight costs nothing: it is read with its strides exchanged.
        place = column * weight_row + depth[:, None] * weight_column
        weight = tl.load(weight_ptr + place, mask=(depth < k)[:, None] & (column < n), other=0)
        total = tl.dot(x, weight, total, input_precision="ieee")
    if bias_ptr is not None:
        total += tl.load(bias_ptr + column, mask=column < n, other=0).to(tl.float32)
    tl.store(y_ptr + row * n + column, tanh(total), mask=(row < m) & (column < n))


def fused_tanh_linear(input, weight, bias=None):
    n, k = weight.shape
    m = math.prod(input.shape[:-1])
    x = input.reshape(m, k)
    bias = None if bias is None else bias.contiguous()
    result = torch.empty((*input.shape[:-1], n), dtype=input.dtype, device=input.device)
    block_m = 32 if m <= 32 else 64
    tanh_linear_kernel[(triton.cdiv(m, block_m) * triton.cdiv(n, 128),)](
        x, weight, bias, result, m, n, k, *x.stride(), *weight.stride(),
        BLOCK_M=block_m, BLOCK_N=128, BLOCK_K=32, num_warps=4, num_stages=3,
    )  # fmt: skip
    return result
