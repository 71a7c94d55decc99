"""Largest singular value: Householder makes a matrix bidiagonal, then many shifts at once are compared with it.

Of symmetric matrices it is the largest absolute eigenvalue; of others it is the norm that the Euclidean norm of vectors
induces. Bound by latency: each reflection needs the one before it. All is done on one block of registers, many small
matrices in a block. A shift is above all singular values if all pivots of the tridiagonal matrix with the
bidiagonal's numbers beside a diagonal of zeros are positive (Golub and Kahan 1965; Demmel and Kahan 1990): unlike A* A,
it loses no digits. Each round keeps the gap between two of up to 256 shifts. Beyond 64 rows a block spills; matrices of
more than 300 rows are refused. Jacobi's rotations from one side took more than ten times as long on the interpreter
and were dropped; power iterations, which are slow where two singular values are close, were not tried.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl
from _common.complex_numbers import larger_part, load, only, over, pieces, real_dtype, square, total
from _common.reflections import layout, offsets, reflected, reflector

TILE = 2048
"""Elements of a block in registers that holds several matrices."""

MOST = 300
"""Rows of the largest matrices."""


@triton.jit
def largest(diagonal, beside, column, n, rounds, WORK: tl.constexpr, BLOCK_B: tl.constexpr, SHIFTS: tl.constexpr):
    """Return the largest singular values, of 1 to n, of bidiagonal matrices, of which the squares are given."""
    step = (tl.arange(0, SHIFTS)[None, None, :] + 1) / (SHIFTS + 1.0)
    low = tl.full((BLOCK_B, 1, 1), 0.5, WORK)
    high = low + 1.5 * n
    for _ in range(0, rounds):
        shift = low + (high - low) * step
        pivot, least = shift, shift
        for k in range(0, n):
            square_beside = tl.sum(tl.where(column == k, beside, 0.0), axis=2, keep_dims=True)
            pivot = shift - square_beside / tl.where(pivot > 0, pivot, 1.0)
            least = tl.minimum(least, pivot)
            square_within = tl.sum(tl.where(column == k, diagonal, 0.0), axis=2, keep_dims=True)
            pivot = shift - square_within / tl.where(pivot > 0, pivot, 1.0)
            least = tl.minimum(least, pivot)
        above = least > 0
        nearest = tl.min(tl.where(above, shift, high), axis=2, keep_dims=True)
        low = tl.max(tl.where(above, low, shift), axis=2, keep_dims=True)
        high = nearest
    return high


@triton.jit
def norm_kernel(
    a_ptr, y_ptr, batches, n, rounds, a_layout,
    PLANES: tl.constexpr, WORK: tl.constexpr, BLOCK_B: tl.constexpr, BLOCK_N: tl.constexpr, SHIFTS: tl.constexpr,
):  # fmt: skip
    batch = tl.program_id(0).to(tl.int64) * BLOCK_B + tl.arange(0, BLOCK_B)[:, None, None]
    row, column = tl.arange(0, BLOCK_N)[None, :, None], tl.arange(0, BLOCK_N)[None, None, :]
    here = batch < batches
    at = offsets(batch, row.to(tl.int64), column.to(tl.int64), a_layout)
    block = load(a_ptr, at, here & (row < n) & (column < n), a_layout[4], PLANES, WORK)
    size = tl.max(tl.max(larger_part(block), axis=2, keep_dims=True), axis=1, keep_dims=True)
    block = over(block, tl.where(size > 0, size, 1.0))
    for k in range(0, n - 1):
        below = reflector(total(only((column == k) & (row >= k), block), 2), row, k)
        block = reflected(below, block)
        beyond = reflector(total(only((row == k) & (column > k), block), 1), column, k + 1, 2)
        block = reflected(beyond, block, 2)
    diagonal = square(total(only(row == column, block), 1))
    beside = square(total(only(row == column - 1, block), 1))
    value = size * largest(diagonal, beside, column, n, rounds, WORK, BLOCK_B, SHIFTS)
    tl.store(y_ptr + batch, value, mask=here)


def spectral_norm_eig(A: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    *batch, n, _ = A.shape
    if not 0 < n <= MOST:
        raise ValueError(f"matrices of {n} rows: those of 1 to {MOST} have a norm here")
    a, batches = pieces(A), math.prod(batch)
    result = torch.empty(batch, dtype=A.dtype.to_real(), device=A.device)
    if batches:
        block_n = triton.next_power_of_2(n)
        block_b = min(triton.next_power_of_2(batches), max(1, TILE // (block_n * block_n)))
        warps = max(1, min(16, block_b * block_n * block_n // 256))
        shifts = max(4, min(256, 64 * warps // block_b))  # two of a thread
        digits = 54 if result.dtype == torch.float64 else 25
        norm_kernel[(triton.cdiv(batches, block_b),)](
            a, result, batches, n, math.ceil((digits + math.log2(1.5 * n)) / math.log2(shifts + 1)), layout(a),
            PLANES=a.shape[-1], WORK=real_dtype(a), BLOCK_B=block_b, BLOCK_N=block_n, SHIFTS=shifts, num_warps=warps,
        )  # fmt: skip
    return result if out is None else out.resize_(result.shape).copy_(result)
