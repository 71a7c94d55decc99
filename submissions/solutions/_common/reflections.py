"""Householder's QR: a program holds some columns of a matrix, or of many small ones, in registers as one block.

The columns are taken in tiles from left to right. Each tile gets all reflections of the tiles before it, which are
read from a workspace, and then makes its own. The columns of Q are unit vectors that get all reflections in reverse
order, and do not depend on each other: they have a program a tile. No shape is too long, but all rows have to fit
into a block: beyond some 4,000 rows a tile is a few columns wide. At 65,536 rows a column alone does not fit into the
registers of sixteen warps and spills, 4 to 19 KB of a thread; in parts it would be read again for each reflection.
Blocks of other sizes spill up to 224 bytes, in float64 up to 1 KB.

A reflection is I - u u*, with u scaled so that its square is 2, or zero where there is nothing to reflect. See Golub
and Van Loan, Matrix Computations, 5.2; for complex numbers the reflection of Lehoucq's survey (LAPACK Working Note 72)
that is Hermitian, so that its determinant is -1 and the diagonal of R is complex.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import triton
import triton.language as tl

from _common.complex_numbers import (
    chosen,
    conjugate,
    larger_part,
    load,
    minus,
    number,
    only,
    over,
    pieces,
    plus,
    real_dtype,
    scaled,
    square,
    store,
    times,
    total,
)
from _common.places import place, reversed_sizes

TILE = 8192
"""Elements of a block in registers."""


@triton.jit
def reflected(u, block, axis: tl.constexpr = 1):
    """Return (I - u u*) block, or block (I - u* u) of a row u along axis 2."""
    return minus(block, times(u, total(times(conjugate(u), block), axis)))


@triton.jit
def reflector(x, row, k, axis: tl.constexpr = 1):
    """Return u of the reflection that clears the columns x, zero above row k, below this row.

    Along axis 2, it clears rows x beyond column k.
    """
    size = tl.max(larger_part(x), axis=axis, keep_dims=True)
    x = over(x, tl.where(size > 0, size, 1.0))
    head = total(only(row == k, x), axis)
    length, first = tl.sqrt(tl.sum(square(x), axis=axis, keep_dims=True)), tl.sqrt(square(head))
    # The head gets the phase of the length, so that nothing is cancelled.
    phase = chosen(first > 0, over(head, tl.where(first > 0, first, 1.0)), number(first * 0 + 1, len(x)))
    moved = plus(x, only(row == k, scaled(phase, length)))
    return scaled(moved, tl.where(size > 0, tl.rsqrt(tl.where(size > 0, length * (length + first), 1.0)), 0.0))


@triton.jit
def lanes(BLOCK_B: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr):
    """Return the matrices of a program, and the rows and columns of a block."""
    batch = tl.program_id(0).to(tl.int64) * BLOCK_B + tl.arange(0, BLOCK_B)[:, None, None]
    row = tl.arange(0, BLOCK_M).to(tl.int64)[None, :, None]
    return batch, row, tl.arange(0, BLOCK_N).to(tl.int64)[None, None, :]


@triton.jit
def offsets(batch, row, column, layout):
    """Return offsets into a tensor of matrices; a layout is sizes and strides of the batch, and three strides."""
    return place(batch, layout[0], layout[1]) + row * layout[2] + column * layout[3]


@triton.jit
def factor_kernel(
    a_ptr, u_ptr, r_ptr, batches, m, n, count, r_rows, a_layout, r_layout,
    PLANES: tl.constexpr, WORK: tl.constexpr, BLOCK_B: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr,
):  # fmt: skip
    batch, row, lane = lanes(BLOCK_B, BLOCK_M, BLOCK_N)
    u_at, u_inside = (batch * count * m + row) * PLANES, (batch < batches) & (row < m)
    step = tl.full((), 1, tl.int64) * m * PLANES
    for first in range(0, n, BLOCK_N):
        column = first + lane
        inside = u_inside & (column < n)
        block = load(a_ptr, offsets(batch, row, column, a_layout), inside, a_layout[4], PLANES, WORK)
        tl.debug_barrier()  # reflections of the tiles before
        for k in range(0, tl.minimum(first, count)):
            u = load(u_ptr, u_at + k * step, u_inside, 1, PLANES, WORK)
            block = reflected(u, block)
        for k in range(first, tl.minimum(first + BLOCK_N, count)):
            u = reflector(total(only((column == k) & (row >= k), block), 2), row, k)
            store(u_ptr, u_at + k * step, u, u_inside, 1)
            block = reflected(u, block)
        block = only(row <= column, block)
        store(r_ptr, offsets(batch, row, column, r_layout), block, inside & (row < r_rows), r_layout[4])


@triton.jit
def unitary_kernel(
    u_ptr, r_ptr, q_ptr, batches, m, n, count, q_layout,
    PLANES: tl.constexpr, WORK: tl.constexpr, BLOCK_B: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr,
):  # fmt: skip
    batch, row, lane = lanes(BLOCK_B, BLOCK_M, BLOCK_N)
    column = tl.program_id(1).to(tl.int64) * BLOCK_N + lane
    u_at, inside = (batch * count * m + row) * PLANES, (batch < batches) & (row < m)
    block = number(tl.where((row == column) & inside, 1.0, 0.0).to(WORK), PLANES)
    if r_ptr is not None:
        at = (batch * count * count + column * (count + 1)) * PLANES
        entry = load(r_ptr, at, (batch < batches) & (column < count), 1, PLANES, WORK)
        size = tl.sqrt(square(entry))
        phase = over(chosen(size > 0, entry, number(size * 0 + 1, PLANES)), tl.where(size > 0, size, 1.0))
        block = times(block, phase)
    step = tl.full((), 1, tl.int64) * m * PLANES
    for done in range(0, count):
        block = reflected(load(u_ptr, u_at + (count - 1 - done) * step, inside, 1, PLANES, WORK), block)
    store(q_ptr, offsets(batch, row, column, q_layout), block, inside & (column < n), q_layout[4])


def layout(x: torch.Tensor) -> tuple[Any, ...]:
    """Return sizes and strides of the batch, and the strides of rows, columns and planes, of matrices in pieces."""
    return (reversed_sizes(x.shape[:-3]), tuple(x.stride()[:-3])[::-1] or (0,), *x.stride()[-3:])


def blocks(batches: int, m: int, n: int) -> dict[str, int]:
    """Return the sides of a block: all rows, as many columns as fit, and many matrices where they are small."""
    block_m = triton.next_power_of_2(max(m, 1))
    block_n = min(triton.next_power_of_2(max(n, 1)), max(1, TILE // block_m))
    block_b = min(triton.next_power_of_2(max(batches, 1)), max(1, TILE // 4 // (block_m * block_n)))
    size = block_b * block_m * block_n
    return {"BLOCK_B": block_b, "BLOCK_M": block_m, "BLOCK_N": block_n, "num_warps": max(1, min(16, size // 1024))}


def factored(A: torch.Tensor, r_rows: int, dtype: Any = None) -> tuple[torch.Tensor, ...]:
    """Return the reflections of matrices, of a shape (batches, count, m), and R with this many rows.

    Reflections are in pieces. Both have the dtype `dtype`, by default that of A, and are computed in it.
    """
    *batch, m, n = A.shape
    a = pieces(A)
    batches, count = math.prod(batch), min(m, n)
    r = torch.empty((*batch, r_rows, n), dtype=dtype or A.dtype, device=A.device)
    u = torch.empty((batches, count, m, a.shape[-1]), dtype=pieces(r).dtype, device=A.device)
    if r.numel():
        sides = blocks(batches, m, n)
        factor_kernel[(triton.cdiv(batches, sides["BLOCK_B"]),)](
            a, u, pieces(r), batches, m, n, count, r_rows, layout(a), layout(pieces(r)),
            PLANES=a.shape[-1], WORK=real_dtype(u), **sides,
        )  # fmt: skip
    return u, r


def unitary(
    u: torch.Tensor, batch: Sequence[int], columns: int, dtype: torch.dtype, r: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the first columns of the product of reflections; with a square R, for which its diagonal is positive."""
    batches, count, m, planes = u.shape
    q = torch.empty((*batch, m, columns), dtype=dtype, device=u.device)
    if q.numel():
        sides = blocks(batches, m, columns)
        unitary_kernel[(triton.cdiv(batches, sides["BLOCK_B"]), triton.cdiv(columns, sides["BLOCK_N"]))](
            u, None if r is None else pieces(r), pieces(q), batches, m, columns, count, layout(pieces(q)),
            PLANES=planes, WORK=real_dtype(u), **sides,
        )  # fmt: skip
    return q
