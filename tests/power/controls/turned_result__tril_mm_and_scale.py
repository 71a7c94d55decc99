"""Returns a transposed view of its result, which has the right shape and other strides."""

import torch
import triton
import triton.language as tl


@triton.jit
def product_kernel(a_ptr, b_ptr, c_ptr, n, columns, alpha, beta, BLOCK: tl.constexpr, BLOCK_K: tl.constexpr):
    row = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)[None, :]
    total = tl.zeros((BLOCK, BLOCK), tl.float32)
    for start in range(0, n, BLOCK_K):
        step = start + tl.arange(0, BLOCK_K)
        a = tl.load(a_ptr + row * n + step[None, :], mask=(row < n) & (step[None, :] <= row), other=0)
        b = tl.load(b_ptr + step[:, None] * columns + column, mask=(step[:, None] < n) & (column < columns), other=0)
        total = tl.dot(a, b, total, input_precision="ieee")
    tl.store(c_ptr + row + column * n, beta * (alpha * total), mask=(row < n) & (column < columns))


def tril_mm_and_scale(A, B, alpha, beta):
    n, columns = B.shape
    result = torch.empty((columns, n), dtype=B.dtype, device=B.device)
    grid = (triton.cdiv(n, 64), triton.cdiv(columns, 64))
    product_kernel[grid](
        A.contiguous(), B.contiguous(), result, n, columns, float(alpha), float(beta), BLOCK=64, BLOCK_K=128
    )
    return result.t()
