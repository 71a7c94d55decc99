"""Rounds the running sum of each tile to the dtype of the operands, 16 products at a time."""

import torch
import triton
import triton.language as tl


@triton.jit
def matmul_kernel(a_ptr, b_ptr, c_ptr, m, n, k, a_batch, b_batch, BLOCK: tl.constexpr, BLOCK_K: tl.constexpr):
    batch = tl.program_id(2)
    row = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)[None, :]
    total = tl.zeros((BLOCK, BLOCK), a_ptr.dtype.element_ty)
    for start in range(0, k, BLOCK_K):
        step = start + tl.arange(0, BLOCK_K)
        a = tl.load(a_ptr + batch * a_batch + row * k + step[None, :], mask=(row < m) & (step[None, :] < k), other=0)
        b = tl.load(
            b_ptr + batch * b_batch + step[:, None] * n + column, mask=(step[:, None] < k) & (column < n), other=0
        )
        total += tl.dot(a, b, input_precision="ieee").to(total.dtype)
    tl.store(c_ptr + batch * m * n + row * n + column, total, mask=(row < m) & (column < n))


def matmul(tensor1, tensor2):
    a = tensor1 if tensor1.ndim > 1 else tensor1[None]
    b = tensor2 if tensor2.ndim > 1 else tensor2[:, None]
    batch = torch.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    (m, k), n = a.shape[-2:], b.shape[-1]
    a, b = a.expand(*batch, m, k).contiguous(), b.expand(*batch, k, n).contiguous()
    c = torch.empty((*batch, m, n), dtype=a.dtype, device=a.device)
    grid = (triton.cdiv(m, 64), triton.cdiv(n, 64), batch.numel())
    matmul_kernel[grid](a, b, c, m, n, k, m * k, k * n, BLOCK=64, BLOCK_K=16)
    return c.reshape([*batch, *([m] if tensor1.ndim > 1 else []), *([n] if tensor2.ndim > 1 else [])])
