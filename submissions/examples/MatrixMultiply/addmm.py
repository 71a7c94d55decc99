"""beta * input + alpha * mat1 @ mat2 in one kernel: the epilogue reads input through strides that may be 0."""

import torch
import triton
import triton.language as tl


@triton.jit
def addmm_kernel(
    input_ptr, a_ptr, b_ptr, c_ptr, m, n, k, beta, alpha,
    input_row, input_column, a_row, a_column, b_row, b_column, c_row, c_column,
    ADD: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    tiles_n = tl.cdiv(n, BLOCK_N)
    row = (tl.program_id(0) // tiles_n).to(tl.int64) * BLOCK_M + tl.arange(0, BLOCK_M)[:, None]
    column = (tl.program_id(0) % tiles_n).to(tl.int64) * BLOCK_N + tl.arange(0, BLOCK_N)[None, :]
    inside = (row < m) & (column < n)
    depth = tl.arange(0, BLOCK_K).to(tl.int64)
    step = tl.full((), BLOCK_K, tl.int64)  # times a stride it may need more than 32 bits
    a_tile = a_ptr + row * a_row + depth[None, :] * a_column
    b_tile = b_ptr + depth[:, None] * b_row + column * b_column
    total = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for start in range(0, k, BLOCK_K):
        a = tl.load(a_tile, mask=(row < m) & (depth < k - start)[None, :], other=0)
        b = tl.load(b_tile, mask=(depth < k - start)[:, None] & (column < n), other=0)
        total = tl.dot(a, b, total, input_precision="ieee")
        a_tile += step * a_column
        b_tile += step * b_row
    total *= alpha
    if ADD:
        added = tl.load(input_ptr + row * input_row + column * input_column, mask=inside, other=0)
        total += beta * added.to(tl.float32)
    tl.store(c_ptr + row * c_row + column * c_column, total, mask=inside)


def addmm(input, mat1, mat2, beta=1, alpha=1, out=None):
    (m, k), n = mat1.shape, mat2.shape[1]
    if mat2.shape[0] != k:
        raise ValueError(f"addmm: {tuple(mat1.shape)} and {tuple(mat2.shape)} do not fit together")
    input = input.expand(m, n)
    result = torch.empty((m, n), dtype=mat1.dtype, device=mat1.device) if out is None else out.resize_(m, n)
    in_registers = mat1.dtype == torch.float32  # tensor cores do not multiply in float32, and deep tiles spill
    addmm_kernel[(triton.cdiv(m, 64) * triton.cdiv(n, 64),)](
        input, mat1, mat2, result, m, n, k, float(beta), float(alpha),
        *input.stride(), *mat1.stride(), *mat2.stride(), *result.stride(),
        ADD=beta != 0,  # by definition, what is in input does not matter then, not even NaN
        BLOCK_M=64, BLOCK_N=64, BLOCK_K=16 if in_registers else 64, num_warps=8 if in_registers else 4,
    )  # fmt: skip
    return result
