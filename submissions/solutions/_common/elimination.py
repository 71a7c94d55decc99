"""LU decomposition with partial pivoting, in panels of columns as wide as registers hold.

A program takes a whole panel of its matrices: for each column it picks the pivot, exchanges two rows, and subtracts the
outer product of column and row. The other columns follow in a second launch with a program for each tile. A small
matrix is one panel, and needs the first launch alone.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import triton
import triton.language as tl

from _common.complex_numbers import chosen, real_dtype
from _common.planes import axes, blocks, empty_columns, less_product, load, magnitude, operand, picked, ratio, store


@triton.jit
def exchanged(tile, row, first, second):
    """Return a tile with two rows of each matrix exchanged, and the one that comes first."""
    upper = picked(tile, row == second, 1)
    tile = chosen(row == second, picked(tile, row == first, 1), tile)
    return chosen(row == first, upper, tile), upper


@triton.jit(do_not_specialize=["start", "width"])
def panel_kernel(
    source, work, order_ptr, places_ptr, swaps_ptr, batches, m, start, width,
    PIVOT: tl.constexpr, FIRST: tl.constexpr, COMPUTE: tl.constexpr,
    BLOCK_B: tl.constexpr, BLOCK_R: tl.constexpr, BLOCK_C: tl.constexpr,
):  # fmt: skip
    batch, row, column = axes(BLOCK_B, BLOCK_R, BLOCK_C)
    height = m - start
    held = (batch < batches) & (row < height)
    tile = load(source, batch, start + row, start + column, held & (column < width), False, COMPUTE)
    order = (row + batch * 0).to(tl.int32)
    swaps = tl.zeros((BLOCK_B, 1, 1), tl.int32)
    for step in range(0, tl.minimum(width, height)):
        if PIVOT:
            size = magnitude(picked(tile, column == step, 2))
            size = tl.where(size == size, size, float("inf"))  # NaN is taken as pivot, and spreads
            size = tl.where((row >= step) & (row < height), size, -1)
            pivot_row = tl.argmax(size, axis=1, keep_dims=True)
            swaps += (pivot_row != step).to(tl.int32)
            order = exchanged((order,), row, step, pivot_row)[0][0]
            tile, upper = exchanged(tile, row, step, pivot_row)
        else:
            upper = picked(tile, row == step, 1)
        factor = ratio(picked(tile, column == step, 2), picked(upper, column == step, 2))
        tile = chosen((row > step) & (column > step), less_product(tile, factor, upper), tile)
        tile = chosen((row > step) & (column == step), factor, tile)
    store(work, batch, start + row, start + column, held & (column < width), tile, False)
    if PIVOT:
        at = batch * m + start
        place = order
        if not FIRST:
            place = tl.load(places_ptr + at + order, mask=held)
            swaps += tl.load(swaps_ptr + batch, mask=batch < batches)
            tl.debug_barrier()
        tl.store(order_ptr + at + row, order, mask=held)
        tl.store(places_ptr + at + row, place, mask=held)
        tl.store(swaps_ptr + batch, swaps, mask=batch < batches)


@triton.jit(do_not_specialize=["start", "width"])
def others_kernel(
    source, work, order_ptr, batches, m, n, start, width, PIVOT: tl.constexpr, COMPUTE: tl.constexpr,
    BLOCK_B: tl.constexpr, BLOCK_R: tl.constexpr, BLOCK_C: tl.constexpr,
):  # fmt: skip
    batch, row, column = axes(BLOCK_B, BLOCK_R, BLOCK_C)
    begin = tl.program_id(1) * BLOCK_C
    column += begin
    rows = (batch < batches) & (row < m - start)
    # Tiles are as wide as panels: on the left of the panel rows are only exchanged, the panel itself is done.
    held = rows & (column < n) & ((column < start) | (column >= start + width))
    place = row + batch * 0
    if PIVOT:
        place = tl.load(order_ptr + batch * m + start + row, mask=rows, other=0).to(tl.int64)
    tile = load(source, batch, start + place, column, held, False, COMPUTE)
    for step in range(0, tl.where(begin > start, width, 0)):
        factor = load(work, batch, start + row, start + step, rows & (row > step), False, COMPUTE)
        tile = less_product(tile, factor, picked(tile, row == step, 1))
    tl.debug_barrier()  # rows of the tile were read in another order
    store(work, batch, start + row, column, held, tile, False)


class Elimination(NamedTuple):
    """Decomposed matrices."""

    factors: torch.Tensor
    """L without its diagonal of ones, and U, in one tensor (batch, m, n)."""

    places: torch.Tensor
    """Which row of the matrix each row of the factors comes from: int32 (batch, m); empty without pivoting."""

    swaps: torch.Tensor
    """How many rows were exchanged: int32 (batch,); empty without pivoting."""


def eliminate(matrices: torch.Tensor, pivot: bool = True) -> Elimination:
    """Decompose (batch, m, n). A pivot of 0 has zeros below it, of which the factors are zero, as in LAPACK."""
    batches, m, n = matrices.shape
    factors = empty_columns(batches, m, n, matrices)
    order, places = torch.empty((2, batches, m if pivot else 0), dtype=torch.int32, device=matrices.device)
    swaps = torch.empty(batches if pivot else 0, dtype=torch.int32, device=matrices.device)
    if matrices.numel():
        tile = blocks(matrices, m, n)
        panel, compute = tile["BLOCK_C"], real_dtype(matrices)
        work = source = operand(factors)
        for start in range(0, min(m, n), panel):
            source = work if start else operand(matrices)
            width = min(panel, n - start)
            programs = triton.cdiv(batches, tile["BLOCK_B"])
            panel_kernel[(programs,)](
                source, work, order, places, swaps, batches, m, start, width,
                PIVOT=pivot, FIRST=start == 0, COMPUTE=compute, **tile,
            )  # fmt: skip
            if n > panel:
                others_kernel[(programs, triton.cdiv(n, panel))](
                    source, work, order, batches, m, n, start, width, PIVOT=pivot, COMPUTE=compute, **tile,
                )  # fmt: skip
    return Elimination(factors, places, swaps)
