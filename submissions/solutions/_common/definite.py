"""Cholesky decomposition of positive definite matrices, in panels of columns as wide as registers hold.

Only the lower triangle is read. The columns on the right of a panel follow in a second launch, in tiles; a small matrix
is one panel.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from _common.complex_numbers import chosen, conjugate, real_dtype
from _common.planes import axes, blocks, less_product, load, number, operand, picked, ratio, store


@triton.jit(do_not_specialize=["start", "width"])
def panel_kernel(
    source, work, batches, n, start, width, CONJUGATE: tl.constexpr, COMPUTE: tl.constexpr,
    BLOCK_B: tl.constexpr, BLOCK_R: tl.constexpr, BLOCK_C: tl.constexpr,
):  # fmt: skip
    batch, row, column = axes(BLOCK_B, BLOCK_R, BLOCK_C)
    held = (batch < batches) & (row < n - start) & (column < width)
    tile = load(source, batch, start + row, start + column, held & (row >= column), CONJUGATE, COMPUTE)
    for step in range(0, width):
        below = picked(tile, column == step, 2)
        root = tl.sqrt(picked(below, row == step, 1)[0])
        factor = chosen(row == step, number(root, below), ratio(below, number(root, below)))
        across = conjugate(picked(factor, row == column, 1))
        tile = chosen((column > step) & (row >= column), less_product(tile, factor, across), tile)
        tile = chosen((column == step) & (row >= step), factor, tile)
    store(work, batch, start + row, start + column, held, tile, CONJUGATE)


@triton.jit(do_not_specialize=["start", "width"])
def others_kernel(
    source, work, batches, n, start, width, CONJUGATE: tl.constexpr, FIRST: tl.constexpr, COMPUTE: tl.constexpr,
    BLOCK_B: tl.constexpr, BLOCK_R: tl.constexpr, BLOCK_C: tl.constexpr,
):  # fmt: skip
    batch, row, column = axes(BLOCK_B, BLOCK_R, BLOCK_C)
    begin = start + width
    last_row = (tl.program_id(1) + 1) * BLOCK_R
    first_column = begin + tl.program_id(2) * BLOCK_C
    row += tl.program_id(1) * BLOCK_R
    column += first_column
    held = (batch < batches) & (row < n) & (column < n)
    lower = held & (row >= column)
    tile = load(source, batch, row, column, lower, CONJUGATE, COMPUTE)
    for step in range(start, tl.where(last_row > first_column, begin, start)):
        left = load(work, batch, row, step, (batch < batches) & (row < n) & (row >= begin), CONJUGATE, COMPUTE)
        right = load(work, batch, column, step, (batch < batches) & (column < n), CONJUGATE, COMPUTE)
        tile = less_product(tile, left, conjugate(right))
    # The first launch writes the zeros above the diagonal, too.
    store(work, batch, row, column, held if FIRST else lower, chosen(lower, tile, number(row * 0.0, tile)), CONJUGATE)


def cholesky_factor(matrices: torch.Tensor, factor: torch.Tensor, conjugated: bool = False) -> None:
    """Write L of (batch, n, n) to `factor`, with zeros above its diagonal; `conjugated`: both hold the conjugates."""
    batches, n, _ = matrices.shape
    if matrices.numel():
        panel = blocks(matrices, n, n)
        width = panel["BLOCK_C"]
        side = min(64 if matrices.element_size() < 16 else 32, triton.next_power_of_2(n))
        tile = {**panel, "BLOCK_R": side, "BLOCK_C": side}
        work = operand(factor)
        for start in range(0, n, width):
            source = work if start else operand(matrices)
            programs, rest = triton.cdiv(batches, panel["BLOCK_B"]), triton.cdiv(n - start - width, side)
            panel_kernel[(programs,)](
                source, work, batches, n, start, min(width, n - start),
                CONJUGATE=conjugated, COMPUTE=real_dtype(matrices), **panel,
            )  # fmt: skip
            if rest > 0:
                others_kernel[(programs, triton.cdiv(n, side), rest)](
                    source, work, batches, n, start, width,
                    CONJUGATE=conjugated, FIRST=start == 0, COMPUTE=real_dtype(matrices), **tile,
                )  # fmt: skip
