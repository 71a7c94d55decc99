"""Dot product of the first two rows of alpha * (A @ B) + beta * C: only these two rows are computed.

Bound by the memory of B.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.products import product


@triton.jit
def updated(total, batch, row, column, inside, extra):
    added_ptr, stride_row, stride_column, alpha, beta = extra
    added = tl.load(added_ptr + row * stride_row + column * stride_column, mask=inside, other=0).to(tl.float32)
    return total * alpha + tl.where(beta == 0, 0.0, added * beta)


@triton.jit
def dot_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, count, BLOCK):
        at = start + tl.arange(0, BLOCK).to(tl.int64)
        first = tl.load(x_ptr + at, mask=at < count, other=0)
        total += first * tl.load(x_ptr + count + at, mask=at < count, other=0)
    tl.store(y_ptr, tl.sum(total, axis=0))


def matrix_multiply_and_row_dot(
    A: torch.Tensor, B: torch.Tensor, alpha: float, beta: float, C: torch.Tensor
) -> torch.Tensor:
    extra = (C, *C.stride(), float(alpha), float(beta))
    rows = product(A[None, :2], B[None], epilogue=updated, extra=extra, dtype=torch.float32)
    result = torch.empty((), dtype=A.dtype, device=A.device)
    dot_kernel[(1,)](rows, result, B.shape[1], BLOCK=1024)
    return result
