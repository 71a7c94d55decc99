"""Product of the diagonal of R of Householder's QR, and of -1 for each reflection: the determinant of Q.

Bound by latency: each reflection needs the one before it. Everything is in float64, since a product of n numbers has
their errors n times. Q itself is not needed: Hermitian reflections have the determinant -1, so `mode` changes nothing.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.complex_numbers import load, number, pieces, scaled, store, times
from _common.reflections import factored


@triton.jit
def diagonal_kernel(r_ptr, y_ptr, batches, n, PLANES: tl.constexpr, BLOCK: tl.constexpr):
    batch = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    product = number(tl.full((BLOCK,), 1, tl.float64), PLANES)
    for k in range(0, n):
        entry = load(r_ptr, (batch * n * n + k * (n + 1)) * PLANES, batch < batches, 1, PLANES, tl.float64)
        product = scaled(times(product, entry), -1.0)
    store(y_ptr, batch * PLANES, product, batch < batches, 1)


def determinant_via_qr(A: torch.Tensor, *, mode: str = "reduced", out: torch.Tensor | None = None) -> torch.Tensor:
    if mode not in ("reduced", "complete"):
        raise ValueError(f"the determinant of Q needs mode reduced or complete, not {mode!r}")
    *batch, n, _ = A.shape
    wide = torch.complex128 if A.is_complex() else torch.float64
    _, r = factored(A, n, dtype=wide)
    result = torch.empty(batch, dtype=A.dtype, device=A.device)
    if result.numel():
        diagonal_kernel[(triton.cdiv(result.numel(), 128),)](
            pieces(r), pieces(result), result.numel(), n, PLANES=pieces(r).shape[-1], BLOCK=128, num_warps=4
        )
    return result if out is None else out.resize_(result.shape).copy_(result)
