"""Norm of alpha * (1 + beta) * (A @ x): rows of the product in float32, then one program takes their norm.

Bound by memory: the matrix is read once.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.norms import across, gathered, kind, power, root
from _common.products import product


@triton.jit
def norm_kernel(x_ptr, y_ptr, count, factor, P: tl.constexpr, KIND: tl.constexpr, BLOCK: tl.constexpr):
    total = tl.zeros((1, BLOCK), tl.float32)
    for start in range(0, count, BLOCK):
        at = start + tl.arange(0, BLOCK)[None, :]
        x = tl.load(x_ptr + at, mask=at < count, other=0) * factor
        total = gathered(total, power(x, P, KIND), KIND)
    tl.store(y_ptr + tl.zeros((1, 1), tl.int32), root(across(total, KIND), P, KIND))


def symmetric_matrix_vector_norm(
    A: torch.Tensor, x: torch.Tensor, alpha: float, beta: float, p: float = 2.0
) -> torch.Tensor:
    rows = product(A[None], x[None, :, None], dtype=torch.float32)
    result = torch.empty((), dtype=A.dtype, device=A.device)
    norm_kernel[(1,)](rows, result, rows.numel(), float(alpha * (1 + beta)), P=float(p), KIND=kind(p), BLOCK=1024)
    return result
