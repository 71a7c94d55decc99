"""Eigenvectors of general matrices: QR iterations with two shifts on a block of registers, in complex float64.

A block holds a matrix above the product of all reflections, so that a reflection from the right is one operation on
both. The matrix becomes a Hessenberg and then a triangular one, T, whose eigenvectors are found by substitution for all
eigenvalues at once. Many small matrices share a block: each has its own window of rows that are not yet triangular, and
rests while the others are worked on. See Golub and Van Loan, Matrix Computations, 7.4 to 7.6. Beyond some 64 rows the
block does not fit into the registers of a program and spills.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl
from triton.language.extra import libdevice

from _common.complex_numbers import (
    chosen,
    conjugate,
    divided,
    load,
    minus,
    number,
    only,
    pieces,
    plus,
    scaled,
    square,
    store,
    times,
    total,
)
from _common.places import place
from _common.reflections import layout, reflected, reflector

TILE = 4096
"""Elements of a block in registers that holds several matrices."""

MOST = 300
"""Rows of the largest matrices: their blocks spill, and no larger ones compile in a sensible time."""


EPS = tl.constexpr(2.0**-52)
"""Rounding error of a number in float64, relative to it."""


@triton.jit
def entry(block, where):
    """Return the single number of each matrix where the condition holds."""
    return total(total(only(where, block), 2), 1)


@triton.jit
def root(z):
    """Return the complex square root with a real part that is not negative."""
    larger = tl.sqrt((tl.sqrt(square(z)) + tl.abs(z[0])) / 2)
    smaller = tl.abs(z[1]) / tl.where(larger > 0, 2 * larger, 1.0)
    imaginary = tl.where(z[0] < 0, larger, smaller)
    return tl.where(z[0] < 0, smaller, larger), tl.where(z[1] < 0, -imaginary, imaginary)


@triton.jit
def turned(block, u, unit):
    """Return the block after a reflection from both sides; u is zero outside of the matrix."""
    block = reflected(u, block)
    u = total(only(unit, u), 1)
    return minus(block, times(total(times(block, u), 2), conjugate(u)))


@triton.jit
def first_column(block, row, column, low, high, odd):
    """Return the first column of (H - s)(H - t), for the eigenvalues s and t of the last two rows of a window.

    A window of two rows has one shift. Odd shifts, as in LAPACK, end cycles.
    """
    a = entry(block, (row == high - 1) & (column == high - 1))
    b = entry(block, (row == high - 1) & (column == high))
    c = entry(block, (row == high) & (column == high - 1))
    d = entry(block, (row == high) & (column == high))
    trace, det = plus(a, d), minus(times(a, d), times(b, c))
    size = tl.sqrt(square(c))
    strange = plus(d, number(0.75 * size, 2))
    trace = chosen(odd, scaled(strange, 2.0), trace)
    det = chosen(odd, plus(times(strange, strange), number(0.4375 * size * size, 2)), det)

    top = entry(block, (row == low) & (column == low))
    right = entry(block, (row == low) & (column == low + 1))
    below = entry(block, (row == low + 1) & (column == low))
    corner = entry(block, (row == low + 1) & (column == low + 1))
    last = entry(block, (row == low + 2) & (column == low + 1))
    x = plus(times(top, minus(top, trace)), plus(times(right, below), det))
    y = times(below, minus(plus(top, corner), trace))
    z = times(below, last)

    half = scaled(trace, 0.5)
    shift = plus(half, root(minus(times(half, half), det)))
    small = high == low + 1
    x, y = chosen(small, minus(top, shift), x), chosen(small, below, y)
    return plus(plus(only(row == low, x), only(row == low + 1, y)), only((row == low + 2) & (row <= high), z))


@triton.jit
def triangular(block, row, column, n, BLOCK_N: tl.constexpr):
    """Return the block with a triangular matrix above the unitary one, and the norms of the matrices."""
    unit, matrix = row == column, row < BLOCK_N
    for k in range(1, n - 1):
        u = reflector(total(only((column == k - 1) & (row >= k) & matrix, block), 2), row, k)
        block = turned(block, u, unit)
    norm = tl.sqrt(tl.sum(tl.sum(tl.where(matrix, square(block), 0.0), axis=2, keep_dims=True), axis=1, keep_dims=True))
    sweep, busy = 0, 1
    while (busy > 0) & (sweep < 30 * n):
        # What lies below the diagonal and is a rounding error becomes zero.
        sizes = tl.sqrt(square(total(only(unit, block), 2)))
        beside = tl.sum(tl.where(unit | (row == column + 1), sizes, 0.0), axis=1, keep_dims=True)
        under = total(only(row == column + 1, block), 1)
        kept = (tl.sqrt(square(under)) > EPS * tl.maximum(beside, EPS * norm)) & (column < n - 1)
        block = only(~matrix | (row <= column) | ((row == column + 1) & kept), block)
        high = tl.max(tl.where(kept, column + 1, 0), axis=2, keep_dims=True)
        low = tl.max(tl.where(~kept & (column < high), column + 1, 0), axis=2, keep_dims=True)
        busy = tl.max(tl.max(tl.max(high, axis=2), axis=1), axis=0)
        first = tl.min(tl.min(tl.min(tl.where(high > 0, low, n), axis=2), axis=1), axis=0)
        start = first_column(block, row, column, low, high, sweep % 10 == 9)
        for k in range(first, busy):
            x = total(only((column == k - 1) & (row >= k) & (row <= k + 2) & (row <= high), block), 2)
            x = only((low <= k) & (k < high), chosen(low == k, start, x))
            block = turned(block, reflector(x, row, k), unit)
        sweep += 1
    return block, norm


@triton.jit
def powers(z, REAL: tl.constexpr, IMAGINARY: tl.constexpr, OF_ZERO: tl.constexpr):
    """Return z to the power of a complex constant; `OF_ZERO` is that of zero."""
    size = tl.sqrt(square(z))
    logarithm, angle = tl.log(tl.where(size > 0, size, 1.0)), libdevice.atan2(z[1], z[0])
    size = tl.where(size > 0, tl.exp(REAL * logarithm - IMAGINARY * angle), OF_ZERO)
    angle = IMAGINARY * logarithm + REAL * angle
    return size * tl.cos(angle), size * tl.sin(angle)


@triton.jit
def eigen_kernel(
    a_ptr, values_ptr, y_ptr, batches, n, a_layout, REAL: tl.constexpr, IMAGINARY: tl.constexpr,
    OF_ZERO: tl.constexpr, PLANES: tl.constexpr, BLOCK_B: tl.constexpr, BLOCK_N: tl.constexpr,
):  # fmt: skip
    batch = tl.program_id(0).to(tl.int64) * BLOCK_B + tl.arange(0, BLOCK_B)[:, None, None]
    row, column = tl.arange(0, 2 * BLOCK_N)[None, :, None], tl.arange(0, BLOCK_N)[None, None, :]
    here = batch < batches
    at = place(batch, a_layout[0], a_layout[1]) + row.to(tl.int64) * a_layout[2] + column.to(tl.int64) * a_layout[3]
    value = load(a_ptr, at, here & (row < n) & (column < n), a_layout[4], PLANES, tl.float64)
    start = value[0] + tl.where(row - BLOCK_N == column, 1.0, 0.0)
    if PLANES == 1:
        block = number(start, 2)
    else:
        block = start, value[1]
    block, norm = triangular(block, row, column, n, BLOCK_N)

    values = total(only(row == column, block), 1)
    least = EPS * tl.where(norm > 0, norm, 1.0)
    # Above, what earlier unknowns add to each row; below, the eigenvectors.
    sums = number(tl.zeros((BLOCK_B, 2 * BLOCK_N, BLOCK_N), tl.float64), 2)
    dual = only(row >= BLOCK_N, block)
    for done in range(0, n):
        k = n - 1 - done
        distance = minus(values, entry(block, (row == k) & (column == k)))
        distance = chosen(tl.sqrt(square(distance)) > least, distance, number(least + values[0] * 0, 2))
        unknown = only(column > k, divided(total(only(row == k, sums), 1), distance))
        dual = minus(dual, only(column == k, total(times(dual, conjugate(unknown)), 2)))
        unknown = plus(unknown, number(tl.where(column == k, 1.0, 0.0) + values[0] * 0, 2))
        sums = plus(sums, times(total(only(column == k, block), 2), unknown))

    line = row - BLOCK_N
    inside = here & (line >= 0) & (line < n) & (column < n)
    if values_ptr is not None:
        squares = tl.sum(tl.where(line >= 0, square(sums), 0.0), axis=1, keep_dims=True)
        sums = scaled(sums, 1 / tl.sqrt(tl.where(squares > 0, squares, 1.0)))
        store(y_ptr, ((batch * n + line) * n + column) * 2, sums, inside, 1)
        store(values_ptr, (batch * n + column) * 2, values, here & (column < n), 1)
    else:
        at = ((batch * n + column) * 2 * n + line) * 2
        store(y_ptr, at, times(sums, powers(values, REAL, IMAGINARY, OF_ZERO)), inside, 1)
        store(y_ptr, at + 2 * n, dual, inside, 1)


def launch(A: torch.Tensor, values: torch.Tensor | None, y: torch.Tensor, power: complex = 1) -> None:
    """Write eigenvalues and eigenvectors; or V diag(L^power) above the conjugate transpose of the inverse of V."""
    *batch, n, _ = A.shape
    if n > MOST:
        raise ValueError(f"matrices of more than {MOST} rows do not fit into one program")
    batches, a = math.prod(batch), pieces(A)
    if y.numel():
        block_n = triton.next_power_of_2(n)
        block_b = min(triton.next_power_of_2(batches), max(1, TILE // (2 * block_n * block_n)))
        power = complex(power)
        of_zero = 1.0 if power == 0 else 0.0 if power.real > 0 else math.inf
        eigen_kernel[(triton.cdiv(batches, block_b),)](
            a, None if values is None else pieces(values), pieces(y), batches, n, layout(a),
            REAL=power.real, IMAGINARY=power.imag, OF_ZERO=of_zero, PLANES=a.shape[-1],
            BLOCK_B=block_b, BLOCK_N=block_n, num_warps=max(1, min(16, block_b * block_n * block_n // 256)),
        )  # fmt: skip
