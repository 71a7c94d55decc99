"""Jacobi's rotations from one side: the columns of A V become orthogonal, and their lengths are the singular values.

A program has one matrix, or many small ones. In each round of a tournament every column meets another, so that a round
is one operation on blocks: columns are paired by the addresses from which they are loaded. V lies below A V in one
workspace and is rotated with it. Columns are at last stored in the order of their lengths.

Rotations are in float64, so that squares of float32 numbers neither overflow nor underflow. See Demmel and Veselic,
Jacobi's method is more accurate than QR (1992), and Brent and Luk (1985) for the tournament. It ends with the first
sweep that finds all columns orthogonal, or so short that they are rounding errors of the others. The largest blocks
spill up to 192 bytes of a thread; with smaller ones a matrix would not be whole in registers.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl

from _common.combinations import combine
from _common.complex_numbers import (
    chosen,
    conjugate,
    load,
    minus,
    number,
    over,
    pieces,
    plus,
    scaled,
    square,
    store,
    times,
    total,
)
from _common.reflections import layout, offsets

TILE = 4096
"""Elements of a block in registers."""

SWEEPS = 40
"""Maximum number of sweeps; some six to ten are needed."""


@triton.jit
def rotation(first, second, both, norm, TOLERANCE: tl.constexpr):
    """Return cosine, sine, phase, and where columns turn, from their squares, their product, and all squares' sum."""
    size = tl.sqrt(square(both))
    turned = (size > TOLERANCE * tl.sqrt(first) * tl.sqrt(second)) & (
        tl.minimum(first, second) > TOLERANCE * TOLERANCE * norm
    )
    size = tl.where(turned, size, 1.0)
    phase = over(chosen(turned, both, number(size, len(both))), size)
    slope = (second - first) / (2 * size)
    tangent = tl.where(slope < 0, -1.0, 1.0) / (tl.abs(slope) + tl.sqrt(1 + slope * slope))
    cosine = tl.where(turned, 1 / tl.sqrt(1 + tangent * tangent), 1.0)
    return cosine, tl.where(turned, cosine * tangent, 0.0), phase, turned


@triton.jit
def rotated(p, q, cosine, sine, phase):
    q = times(q, conjugate(phase))
    return minus(scaled(p, cosine), scaled(q, sine)), plus(scaled(p, sine), scaled(q, cosine))


@triton.jit
def jacobi_kernel(
    a_ptr, w_ptr, sorted_ptr, s_ptr, batches, m, n, even, a_layout, TOLERANCE: tl.constexpr, SWEEPS: tl.constexpr,
    PLANES: tl.constexpr, BLOCK_B: tl.constexpr, BLOCK_R: tl.constexpr, BLOCK_H: tl.constexpr, WHOLE: tl.constexpr,
):  # fmt: skip
    batch = tl.program_id(0).to(tl.int64) * BLOCK_B + tl.arange(0, BLOCK_B)[:, None, None]
    line, lane = (
        tl.arange(0, BLOCK_R).to(tl.int64)[None, :, None],
        tl.arange(0, 2 * BLOCK_H).to(tl.int64)[None, None, :],
    )
    rows, half = m + n, even // 2
    # Start with A and the unit matrix, and zeros in the last column where their number is odd.
    everything = tl.zeros((BLOCK_B, 1, 1), tl.float64)
    w_at, w_inside = (batch * even + lane) * rows, (batch < batches) & (lane < even)
    for start in range(0, rows, BLOCK_R):
        row = start + line
        inside = (batch < batches) & (row < m) & (lane < n)
        value = load(a_ptr, offsets(batch, row, lane, a_layout), inside, a_layout[4], PLANES, tl.float64)
        everything += tl.sum(tl.sum(square(value), axis=2, keep_dims=True), axis=1, keep_dims=True)
        value = chosen(
            row < m, value, number(tl.where(row - m == lane, 1.0, 0.0).to(tl.float64) + value[0] * 0, PLANES)
        )
        store(w_ptr, (w_at + row) * PLANES, value, w_inside & (row < rows), 1)

    pair = tl.arange(0, BLOCK_H).to(tl.int64)[None, None, :]
    present = (batch < batches) & (pair < half)
    sweep, turns = 0, 1
    while (turns > 0) & (sweep < SWEEPS):
        moved = tl.zeros((BLOCK_B, 1, BLOCK_H), tl.int32)
        for meeting in range(0, even - 1):
            p_at = tl.where(pair == 0, even - 1, (meeting + pair) % (even - 1))
            p_at = (batch * even + p_at) * rows
            q_at = (batch * even + (meeting - pair + even - 1) % (even - 1)) * rows
            tl.debug_barrier()  # the columns of the round before
            if WHOLE:
                p = load(w_ptr, (p_at + line) * PLANES, present & (line < rows), 1, PLANES, tl.float64)
                q = load(w_ptr, (q_at + line) * PLANES, present & (line < rows), 1, PLANES, tl.float64)
                first = tl.sum(tl.where(line < m, square(p), 0.0), axis=1, keep_dims=True)
                second = tl.sum(tl.where(line < m, square(q), 0.0), axis=1, keep_dims=True)
                above = chosen(line < m, p, number(p[0] * 0, PLANES))
                both = total(times(conjugate(above), q), 1)
                cosine, sine, phase, turned = rotation(first, second, both, everything, TOLERANCE)
                p, q = rotated(p, q, cosine, sine, phase)
                store(w_ptr, (p_at + line) * PLANES, p, turned & present & (line < rows), 1)
                store(w_ptr, (q_at + line) * PLANES, q, turned & present & (line < rows), 1)
            else:
                first = tl.zeros((BLOCK_B, 1, BLOCK_H), tl.float64)
                second, both = first, number(first, PLANES)
                for start in range(0, m, BLOCK_R):
                    row = start + line
                    p = load(w_ptr, (p_at + row) * PLANES, present & (row < m), 1, PLANES, tl.float64)
                    q = load(w_ptr, (q_at + row) * PLANES, present & (row < m), 1, PLANES, tl.float64)
                    first += tl.sum(square(p), axis=1, keep_dims=True)
                    second += tl.sum(square(q), axis=1, keep_dims=True)
                    both = plus(both, total(times(conjugate(p), q), 1))
                cosine, sine, phase, turned = rotation(first, second, both, everything, TOLERANCE)
                for start in range(0, rows, BLOCK_R):
                    row = start + line
                    inside = turned & present & (row < rows)
                    p = load(w_ptr, (p_at + row) * PLANES, inside, 1, PLANES, tl.float64)
                    q = load(w_ptr, (q_at + row) * PLANES, inside, 1, PLANES, tl.float64)
                    p, q = rotated(p, q, cosine, sine, phase)
                    store(w_ptr, (p_at + row) * PLANES, p, inside, 1)
                    store(w_ptr, (q_at + row) * PLANES, q, inside, 1)
            moved |= (turned & present).to(tl.int32)
        turns = tl.max(tl.max(tl.max(moved, axis=2), axis=1), axis=0)
        sweep += 1

    # The place of a column is the number of longer ones.
    tl.debug_barrier()
    lengths = tl.zeros((BLOCK_B, 1, 2 * BLOCK_H), tl.float64)
    for start in range(0, m, BLOCK_R):
        row = start + line
        value = load(w_ptr, (w_at + row) * PLANES, w_inside & (row < m), 1, PLANES, tl.float64)
        lengths += tl.sum(square(value), axis=1, keep_dims=True)
    where, inside = batch * n + lane, (batch < batches) & (lane < n)
    lengths = tl.sqrt(lengths)
    tl.store(s_ptr + where, lengths, mask=inside)
    tl.debug_barrier()
    order = tl.zeros((BLOCK_B, 1, 2 * BLOCK_H), tl.int64)
    for other in range(0, n):
        length = tl.load(s_ptr + batch * n + other, mask=batch < batches, other=0)
        order += ((length > lengths) | ((length == lengths) & (other < lane))).to(tl.int64)
    tl.debug_barrier()
    tl.store(s_ptr + batch * n + order, lengths, mask=inside)
    for start in range(0, rows, BLOCK_R):
        row = start + line
        value = load(w_ptr, (w_at + row) * PLANES, inside & (row < rows), 1, PLANES, tl.float64)
        store(sorted_ptr, ((batch * n + order) * rows + row) * PLANES, value, inside & (row < rows), 1)


def orthogonalised(A: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return A V above V, and the singular values, of matrices with no more columns than rows, the largest first.

    Both are in double precision. The first has the shape (batches, columns, rows, planes).
    """
    *_, m, n = A.shape
    a = pieces(A)
    batches, planes, even = math.prod(A.shape[:-2]), a.shape[-1], n + n % 2
    work, ordered = (torch.empty((batches, c, m + n, planes), dtype=torch.float64, device=A.device) for c in (even, n))
    values = torch.empty((batches, n), dtype=torch.float64, device=A.device)
    exact = A.dtype in (torch.float64, torch.complex128)
    if values.numel():
        block_h = triton.next_power_of_2(even // 2)
        block_r = min(triton.next_power_of_2(m + n), max(1, TILE // block_h))
        block_b = min(triton.next_power_of_2(batches), max(1, TILE // 4 // (block_h * block_r)))
        jacobi_kernel[(triton.cdiv(batches, block_b),)](
            a, work, ordered, values, batches, m, n, even, layout(a),
            TOLERANCE=2.0**-52 * math.sqrt(m) if exact else 1e-10, SWEEPS=SWEEPS, PLANES=planes,
            BLOCK_B=block_b, BLOCK_R=block_r, BLOCK_H=block_h, WHOLE=block_r >= m + n,
            num_warps=max(1, min(8, block_b * block_r * block_h // 512)),
        )  # fmt: skip
    return ordered, values


def recombined(A: torch.Tensor, count: int | None = None, least: float | None = None) -> torch.Tensor:
    """Return the part of matrices that belongs to their first singular values, by default to all.

    With `least`, it is the pseudoinverse: singular values of at most this part of the largest are not inverted.
    """
    wide = A.shape[-2] < A.shape[-1]
    tall = A.mT if wide else A
    *batch, m, n = tall.shape
    ordered, values = orthogonalised(tall)
    invert = least is not None
    rows, columns = (n, m) if invert else (m, n)
    result = torch.empty((*batch, rows, columns), dtype=A.dtype, device=A.device)
    starts = (m, 0) if invert else (0, m)
    combine(ordered, values, result, n if count is None else count, starts, least)
    return result.mT if wide else result
