"""Sums of outer products of vectors that lie one above the other in a workspace, in float64."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from _common.complex_numbers import conjugate, load, number, pieces, plus, scaled, store, times
from _common.reflections import layout, offsets

TILE = 4096
"""Elements of a block in registers."""


@triton.jit
def combination_kernel(
    ordered_ptr, s_ptr, y_ptr, batches, height, n, count, rows, columns, rows_from, columns_from, least, y_layout,
    PLANES: tl.constexpr, OUT_PLANES: tl.constexpr, BLOCK_B: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr,
):  # fmt: skip
    batch = tl.program_id(0).to(tl.int64) * BLOCK_B + tl.arange(0, BLOCK_B)[:, None, None]
    row = tl.program_id(1).to(tl.int64) * BLOCK_M + tl.arange(0, BLOCK_M)[None, :, None]
    column = tl.program_id(2).to(tl.int64) * BLOCK_N + tl.arange(0, BLOCK_N)[None, None, :]
    here = batch < batches
    result = number(tl.zeros((BLOCK_B, BLOCK_M, BLOCK_N), tl.float64), PLANES)
    for k in range(0, count):
        at = (batch * n + k) * height
        left = load(ordered_ptr, (at + rows_from + row) * PLANES, here & (row < rows), 1, PLANES, tl.float64)
        right = load(
            ordered_ptr, (at + columns_from + column) * PLANES, here & (column < columns), 1, PLANES, tl.float64
        )
        if s_ptr is not None:
            largest = tl.load(s_ptr + batch * n, mask=here, other=0)
            value = tl.load(s_ptr + batch * n + k, mask=here, other=0)
            used = (value > largest * least) & (value > 0)
            value = tl.where(used, value, 1.0)
            left = scaled(left, tl.where(used, 1 / value, 0.0))
            right = scaled(right, 1 / value)
        result = plus(result, times(left, conjugate(right)))
    inside = here & (row < rows) & (column < columns)
    at = offsets(batch, row, column, y_layout)
    if OUT_PLANES == 1:
        tl.store(y_ptr + at, result[0], mask=inside)
    else:
        store(y_ptr, at, result, inside, y_layout[4])


def combine(
    stacks: torch.Tensor,
    values: torch.Tensor,
    result: torch.Tensor,
    count: int,
    starts: tuple[int, int],
    least: float | None = None,
) -> None:
    """Write the sum of the first `count` products a b* to matrices; a real result is the real part.

    `stacks` has the shape (batches, n, height, planes); a and b begin at two rows of it. With `least`, each product is
    divided by the square of its value, or left out where the value is at most this part of the first one.
    """
    batches, n, height, planes = stacks.shape
    rows, columns = result.shape[-2:]
    if result.numel():
        block_m, block_n = (min(64, triton.next_power_of_2(size)) for size in (rows, columns))
        block_b = min(triton.next_power_of_2(batches), max(1, TILE // (block_m * block_n)))
        grid = triton.cdiv(batches, block_b), triton.cdiv(rows, block_m), triton.cdiv(columns, block_n)
        y = pieces(result)
        combination_kernel[grid](
            stacks, None if least is None else values, y, batches, height, n, count, rows, columns, *starts,
            least or 0.0, layout(y), PLANES=planes, OUT_PLANES=y.shape[-1],
            BLOCK_B=block_b, BLOCK_M=block_m, BLOCK_N=block_n, num_warps=8,
        )  # fmt: skip
