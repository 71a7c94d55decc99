"""y = alpha * (A @ x) + beta * y, and the dot product of y with x. Bound by the memory of A.

Each program sums some rows of the product and writes its part of the dot product; a last program adds the parts.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.losses import added_kernel


@triton.jit
def matrix_vector_kernel(
    a_ptr, x_ptr, y_ptr, part_ptr, n, a_row, a_column, x_stride, y_stride, alpha, beta,
    BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    total = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    for start in range(0, n, BLOCK_COLUMNS):
        column = start + tl.arange(0, BLOCK_COLUMNS).to(tl.int64)
        inside = (row < n)[:, None] & (column < n)[None, :]
        a = tl.load(a_ptr + row[:, None] * a_row + column[None, :] * a_column, mask=inside, other=0).to(tl.float32)
        total += a * tl.load(x_ptr + column * x_stride, mask=column < n, other=0).to(tl.float32)[None, :]
    old = tl.load(y_ptr + row * y_stride, mask=row < n, other=0)
    updated = alpha * tl.sum(total, axis=1) + tl.where(beta == 0, 0.0, beta * old.to(tl.float32))
    rounded = updated.to(old.dtype)
    tl.store(y_ptr + row * y_stride, rounded, mask=row < n)
    x = tl.load(x_ptr + row * x_stride, mask=row < n, other=0).to(tl.float32)
    tl.store(part_ptr + tl.program_id(0), tl.sum(tl.where(row < n, rounded.to(tl.float32) * x, 0.0), axis=0))


def matrix_vector_dot(A: torch.Tensor, x: torch.Tensor, y: torch.Tensor, alpha: float, beta: float) -> torch.Tensor:
    n = x.shape[0]
    parts = triton.cdiv(n, 16)
    part = torch.empty(parts, dtype=torch.float32, device=x.device)
    result = torch.empty((), dtype=x.dtype, device=x.device)
    matrix_vector_kernel[(parts,)](
        A, x, y, part, n, *A.stride(), *x.stride(), *y.stride(), float(alpha), float(beta),
        BLOCK_ROWS=16, BLOCK_COLUMNS=128,
    )  # fmt: skip
    added_kernel[(1,)](part, result, parts, 1.0, COMPUTE=tl.float32, BLOCK=1024)
    return result
