"""Uses block pointers, which newer versions of Triton no longer have."""

import torch
import triton
import triton.language as tl


@triton.jit
def addmm_kernel(
    x_ptr, a_ptr, b_ptr, c_ptr, m, n, k, x_row, x_column, alpha, beta, BLOCK: tl.constexpr, BLOCK_K: tl.constexpr
):
    row, column = tl.program_id(0) * BLOCK, tl.program_id(1) * BLOCK
    a = tl.make_block_ptr(a_ptr, (m, k), (k, 1), (row, 0), (BLOCK, BLOCK_K), (1, 0))
    b = tl.make_block_ptr(b_ptr, (k, n), (n, 1), (0, column), (BLOCK_K, BLOCK), (1, 0))
    total = tl.zeros((BLOCK, BLOCK), tl.float32)
    for _ in range(0, k, BLOCK_K):
        left = tl.load(a, boundary_check=(0, 1), padding_option="zero")
        right = tl.load(b, boundary_check=(0, 1))
        total = tl.dot(left, right, total, input_precision="ieee")
        a, b = tl.advance(a, (0, BLOCK_K)), b.advance((BLOCK_K, 0))
    total *= alpha
    if beta != 0:
        x = tl.make_block_ptr(x_ptr, (m, n), (x_row, x_column), (row, column), (BLOCK, BLOCK), (1, 0))
        total += beta * tl.load(x, boundary_check=(1, 0), padding_option="zero").to(tl.float32)
    c = tl.make_block_ptr(c_ptr, (m, n), (n, 1), (row, column), (BLOCK, BLOCK), order=(1, 0))
    tl.store(c, total.to(c.type.element_ty.element_ty), boundary_check=(0, 1))


def addmm(input, mat1, mat2, *, beta=1, alpha=1, out=None):
    (m, k), n = mat1.shape, mat2.shape[1]
    x = input.expand(m, n)
    result = torch.empty((m, n), dtype=mat1.dtype, device=mat1.device)
    addmm_kernel[(triton.cdiv(m, 64), triton.cdiv(n, 64))](
        x, mat1.contiguous(), mat2.contiguous(), result, m, n, k, *x.stride(), float(alpha), float(beta),
        BLOCK=64, BLOCK_K=128,
    )  # fmt: skip
    return result if out is None else out.copy_(result)
