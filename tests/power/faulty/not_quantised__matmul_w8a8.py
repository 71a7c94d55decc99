"""Multiplies in floating point and quantises nothing."""

import torch
import triton
import triton.language as tl


@triton.jit
def product_kernel(a_ptr, b_ptr, c_ptr, m, n, k, BLOCK: tl.constexpr, BLOCK_K: tl.constexpr):
    row = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)[None, :]
    total = tl.zeros((BLOCK, BLOCK), tl.float32)
    for start in range(0, k, BLOCK_K):
        step = start + tl.arange(0, BLOCK_K)
        a = tl.load(a_ptr + row * k + step[None, :], mask=(row < m) & (step[None, :] < k), other=0)
        b = tl.load(b_ptr + step[:, None] * n + column, mask=(step[:, None] < k) & (column < n), other=0)
        total = tl.dot(a, b, total, input_precision="ieee")
    tl.store(c_ptr + row * n + column, total, mask=(row < m) & (column < n))


def matmul_w8a8(input, weight):
    (m, k), n = input.shape, weight.shape[1]
    c = torch.empty((m, n), dtype=input.dtype, device=input.device)
    grid = (triton.cdiv(m, 64), triton.cdiv(n, 64))
    product_kernel[grid](input.contiguous(), weight.contiguous(), c, m, n, k, BLOCK=64, BLOCK_K=64)
    return c
