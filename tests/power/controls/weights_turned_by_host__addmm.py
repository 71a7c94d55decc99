"""Has torch turn the right factor over before each call, and copy the bias."""

import torch
import triton
import triton.language as tl


@triton.jit
def addmm_kernel(c_ptr, a_ptr, b_ptr, m, n, k, alpha, beta, BLOCK: tl.constexpr, BLOCK_K: tl.constexpr):
    row = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)[None, :]
    inside = (row < m) & (column < n)
    total = tl.zeros((BLOCK, BLOCK), tl.float32)
    for start in range(0, k, BLOCK_K):
        step = start + tl.arange(0, BLOCK_K)
        a = tl.load(a_ptr + row * k + step[None, :], mask=(row < m) & (step[None, :] < k), other=0)
        b = tl.load(b_ptr + column * k + step[:, None], mask=(step[:, None] < k) & (column < n), other=0)
        total = tl.dot(a, b, total, input_precision="ieee")
    total *= alpha
    if beta != 0:
        total += beta * tl.load(c_ptr + row * n + column, mask=inside, other=0).to(tl.float32)
    tl.store(c_ptr + row * n + column, total, mask=inside)


def addmm(input, mat1, mat2, *, beta=1, alpha=1, out=None):
    (m, k), n = mat1.shape, mat2.shape[1]
    turned = mat2.t().contiguous()
    result = input.expand(m, n).to(mat1.dtype, copy=True, memory_format=torch.contiguous_format)
    addmm_kernel[(triton.cdiv(m, 64), triton.cdiv(n, 64))](
        result, mat1.contiguous(), turned, m, n, k, float(alpha), float(beta), BLOCK=64, BLOCK_K=128
    )
    return result if out is None else out.copy_(result)
