"""Solution R^-1 (Q* b) by Householder's QR: a launch factors A, one reflects b and substitutes from below.

Bound by latency: each reflection needs the one before it. Q is never formed; the columns of b do not depend on each
other and have a program a tile. See Golub and Van Loan, Matrix Computations, 5.3.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.complex_numbers import real_dtype
from _common.reflections import blocks, factored, reflected


@triton.jit
def substitution_kernel(
    u_ptr, r_ptr, b_ptr, x_ptr, m, n, columns, b_row, b_column,
    WORK: tl.constexpr, BLOCK_B: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr,
):  # fmt: skip
    row = tl.arange(0, BLOCK_M).to(tl.int64)[None, :, None]
    column = tl.program_id(0).to(tl.int64) * BLOCK_N + tl.arange(0, BLOCK_N)[None, None, :]
    inside = (row < m) & (column < columns)
    b = (tl.load(b_ptr + row * b_row + column * b_column, mask=inside, other=0).to(WORK),)
    height = tl.full((), 1, tl.int64) * m
    for k in range(0, n):
        b = reflected((tl.load(u_ptr + k * height + row, mask=row < m, other=0),), b)
    x = b[0]
    for done in range(0, n):
        i = n - 1 - done
        r = tl.load(r_ptr + row * n + i, mask=row <= i, other=0)
        found = tl.sum(tl.where(row == i, x, 0.0), axis=1, keep_dims=True) / tl.load(r_ptr + row * 0 + i * (n + 1))
        x = tl.where(row == i, found, x - r * found)
    tl.store(x_ptr + row * columns + column, x, mask=inside & (row < n))


def fused_qr_solve(A: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    (m, n), k = A.shape, b.shape[1]
    if m < n:
        raise ValueError(f"a system of {m} equations for {n} unknowns has no unique solution")
    u, r = factored(A, n)
    x = torch.empty((n, k), dtype=A.dtype, device=A.device)
    if x.numel():
        sides = blocks(1, m, k)
        substitution_kernel[(triton.cdiv(k, sides["BLOCK_N"]),)](
            u, r, b, x, m, n, k, *b.stride(), WORK=real_dtype(A), **sides
        )
    return x
