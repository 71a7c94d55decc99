"""Divides the inner dimension among programs, which add to the same result atomically."""

import torch
import triton
import triton.language as tl


@triton.jit
def addmm_kernel(
    x_ptr, a_ptr, b_ptr, c_ptr, m, n, k, x_row, x_column, alpha, beta, BLOCK: tl.constexpr, BLOCK_K: tl.constexpr
):
    row = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)[None, :]
    inside = (row < m) & (column < n)
    total = tl.zeros((BLOCK, BLOCK), tl.float32)
    for start in range(tl.program_id(2) * BLOCK_K, k, tl.num_programs(2) * BLOCK_K):
        step = start + tl.arange(0, BLOCK_K)
        a = tl.load(a_ptr + row * k + step[None, :], mask=(row < m) & (step[None, :] < k), other=0)
        b = tl.load(b_ptr + step[:, None] * n + column, mask=(step[:, None] < k) & (column < n), other=0)
        total = tl.dot(a, b, total, input_precision="ieee")
    total *= alpha
    if (beta != 0) & (tl.program_id(2) == 0):
        total += beta * tl.load(
            x_ptr + row.to(tl.int64) * x_row + column.to(tl.int64) * x_column, mask=inside, other=0
        ).to(tl.float32)
    tl.atomic_add(c_ptr + row * n + column, total, mask=inside)


def addmm(bias, left, right, *, beta=1, alpha=1, out=None):
    (m, k), n = left.shape, right.shape[1]
    x = bias.expand(m, n)
    result = torch.zeros((m, n), dtype=torch.float32, device=left.device)
    addmm_kernel[(triton.cdiv(m, 64), triton.cdiv(n, 64), 3)](
        x, left.contiguous(), right.contiguous(), result, m, n, k, *x.stride(), float(alpha), float(beta),
        BLOCK=64, BLOCK_K=32,
    )  # fmt: skip
    return result.to(left.dtype) if out is None else out.copy_(result)
