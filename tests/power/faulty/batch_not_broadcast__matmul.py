"""Gives each batch the matrix of its own number, although a batch of one is shared by all."""

import torch
import triton
import triton.language as tl


@triton.jit
def matmul_kernel(a_ptr, b_ptr, c_ptr, m, n, k, a_last, b_last, BLOCK: tl.constexpr, BLOCK_K: tl.constexpr):
    batch = tl.program_id(2)
    a_ptr += tl.minimum(batch, a_last) * m * k
    b_ptr += tl.minimum(batch, b_last) * k * n
    row = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)[None, :]
    total = tl.zeros((BLOCK, BLOCK), tl.float32)
    for start in range(0, k, BLOCK_K):
        step = start + tl.arange(0, BLOCK_K)
        a = tl.load(a_ptr + row * k + step[None, :], mask=(row < m) & (step[None, :] < k), other=0)
        b = tl.load(b_ptr + step[:, None] * n + column, mask=(step[:, None] < k) & (column < n), other=0)
        total = tl.dot(a, b, total, input_precision="ieee")
    tl.store(c_ptr + batch * m * n + row * n + column, total, mask=(row < m) & (column < n))


def matmul(tensor1, tensor2):
    a = tensor1 if tensor1.ndim > 1 else tensor1[None]
    b = tensor2 if tensor2.ndim > 1 else tensor2[:, None]
    batch = torch.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    (m, k), n = a.shape[-2:], b.shape[-1]
    c = torch.empty((*batch, m, n), dtype=a.dtype, device=a.device)
    grid = (triton.cdiv(m, 64), triton.cdiv(n, 64), batch.numel())
    a_last, b_last = a.shape[:-2].numel() - 1, b.shape[:-2].numel() - 1
    matmul_kernel[grid](a.contiguous(), b.contiguous(), c, m, n, k, a_last, b_last, BLOCK=64, BLOCK_K=64)
    return c.reshape([*batch, *([m] if tensor1.ndim > 1 else []), *([n] if tensor2.ndim > 1 else [])])
