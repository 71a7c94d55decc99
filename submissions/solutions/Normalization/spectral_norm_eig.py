"""Largest singular value by Jacobi's rotations from one side: the root of the largest eigenvalue of A^T A.

For symmetric matrices it is their largest absolute eigenvalue. Bound by latency: a program rotates a matrix, or many
small ones, in rounds of disjoint pairs of columns. Power iterations, which converge slowly where two eigenvalues have
nearly the same size, were not tried. See Demmel and Veselic, Jacobi's method is more accurate than QR (1992).
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.jacobi import orthogonalised


@triton.jit
def first_kernel(s_ptr, y_ptr, batches, n, BLOCK: tl.constexpr):
    batch = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y_ptr + batch, tl.load(s_ptr + batch * n, mask=batch < batches), mask=batch < batches)


def spectral_norm_eig(A: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    *batch, n, _ = A.shape
    if n == 0:
        raise ValueError("a matrix without elements has no eigenvalue")
    _, values = orthogonalised(A)
    result = torch.empty(batch, dtype=A.dtype, device=A.device)
    if result.numel():
        first_kernel[(triton.cdiv(result.numel(), 128),)](values, result, result.numel(), n, BLOCK=128, num_warps=4)
    return result if out is None else out.resize_(result.shape).copy_(result)
