"""Jacobi's one-sided SVD: rotations make the columns of A V orthogonal, and a QR of these columns gives U.

Bound by latency: one program rotates a matrix, or many small ones, in rounds of disjoint pairs of columns. Matrices
that are wide are taken as their transposes. The QR keeps the columns of U orthogonal where singular values are zero,
and completes them; A V divided by the singular values did neither, and was dropped. See Demmel and Veselic (1992).
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl
from _common.complex_numbers import conjugate, load, pieces, store
from _common.jacobi import orthogonalised
from _common.reflections import blocks, factored, layout, offsets, unitary


@triton.jit
def right_kernel(
    ordered_ptr, s_ptr, v_ptr, y_ptr, batches, m, n, v_layout,
    PLANES: tl.constexpr, BLOCK_B: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr,
):  # fmt: skip
    batch = tl.program_id(0).to(tl.int64) * BLOCK_B + tl.arange(0, BLOCK_B)[:, None, None]
    row = tl.arange(0, BLOCK_M).to(tl.int64)[None, :, None]
    column = tl.program_id(1).to(tl.int64) * BLOCK_N + tl.arange(0, BLOCK_N)[None, None, :]
    here = (batch < batches) & (column < n)
    at = ((batch * n + column) * (m + n) + m + row) * PLANES
    v = conjugate(load(ordered_ptr, at, here & (row < n), 1, PLANES, tl.float64))
    store(v_ptr, offsets(batch, row, column, v_layout), v, here & (row < n), v_layout[4])
    tl.store(y_ptr + batch * n + column, tl.load(s_ptr + batch * n + column, mask=here), mask=here)


def svd(A: torch.Tensor, full_matrices: bool = True) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    wide = A.shape[-2] < A.shape[-1]
    tall = A.mT if wide else A
    *batch, m, n = tall.shape
    ordered, lengths = orthogonalised(tall)
    columns = (torch.view_as_complex(ordered) if A.is_complex() else ordered[..., 0])[..., :m].mT
    u, r = factored(columns, n)
    left = unitary(u, batch, m if full_matrices else n, A.dtype, r)
    right = torch.empty((*batch, n, n), dtype=A.dtype, device=A.device)
    values = torch.empty((*batch, n), dtype=A.dtype.to_real(), device=A.device)
    if values.numel():
        sides = blocks(math.prod(batch), n, n)
        right_kernel[(triton.cdiv(math.prod(batch), sides["BLOCK_B"]), triton.cdiv(n, sides["BLOCK_N"]))](
            ordered, lengths, pieces(right), values, math.prod(batch), m, n, layout(pieces(right)),
            PLANES=ordered.shape[-1], **sides,
        )  # fmt: skip
    return (right, values, left.mT) if wide else (left, values, right.mT)
