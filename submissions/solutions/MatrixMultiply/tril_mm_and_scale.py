"""beta * alpha * (tril(A) @ B): the upper triangle is masked when A is read. Bound by arithmetic."""

from __future__ import annotations

import torch
import triton
from _common.products import product


@triton.jit
def scaled(total, batch, row, column, inside, extra):
    return total * extra[0]


def tril_mm_and_scale(A: torch.Tensor, B: torch.Tensor, alpha: float, beta: float) -> torch.Tensor:
    return product(A[None], B[None], epilogue=scaled, extra=(float(alpha * beta),), lower=True)[0]
