"""Passes the strides of the first operand alone and takes the second one for contiguous."""

import torch
import triton
import triton.language as tl


@triton.jit
def matmul_kernel(
    a_ptr, b_ptr, c_ptr, m, n, k, a_batch, a_row, a_column, b_batch,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    batch = tl.program_id(2)
    row = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)[:, None]
    column = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)[None, :]
    total = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for start in range(0, k, BLOCK_K):
        step = start + tl.arange(0, BLOCK_K)
        a_place = batch * a_batch + row * a_row + step[None, :] * a_column
        a = tl.load(a_ptr + a_place, mask=(row < m) & (step[None, :] < k), other=0)
        b = tl.load(
            b_ptr + batch * b_batch + step[:, None] * n + column, mask=(step[:, None] < k) & (column < n), other=0
        )
        total = tl.dot(a, b, total, input_precision="ieee")
    tl.store(c_ptr + batch * m * n + row * n + column, total, mask=(row < m) & (column < n))


def matmul(tensor1, tensor2):
    a = tensor1 if tensor1.ndim > 1 else tensor1[None]
    b = tensor2 if tensor2.ndim > 1 else tensor2[:, None]
    batch = torch.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    (m, k), n = a.shape[-2:], b.shape[-1]
    a = a.expand(*batch, m, k).reshape(-1, m, k)
    b = b if b.ndim == 2 else b.expand(*batch, k, n).reshape(-1, k, n)
    c = torch.empty((*batch, m, n), dtype=a.dtype, device=a.device)
    grid = (triton.cdiv(m, 64), triton.cdiv(n, 64), len(a))
    matmul_kernel[grid](a, b, c, m, n, k, *a.stride(), k * n if b.ndim == 3 else 0, BLOCK_M=64, BLOCK_N=64, BLOCK_K=64)
    return c.reshape([*batch, *([m] if tensor1.ndim > 1 else []), *([n] if tensor2.ndim > 1 else [])])
