"""LDL decomposition of symmetric or Hermitian matrices with the pivoting of Bunch and Kaufman.

A step picks a pivot of one or two columns, exchanges rows and columns, divides, and subtracts outer products. Matrices
that are one tile take all steps in a program. Larger ones take two launches a step, the second one with a program for
each tile. Both triangles are kept, so that a row is a column.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from _common.complex_numbers import chosen, conjugate, minus, real_dtype, times
from _common.planes import (  # fmt: skip
    SMALL_TILE,
    axes,
    blocks,
    empty_columns,
    less_product,
    load,
    magnitude,
    number,
    operand,
    picked,
    ratio,
    store,
)
from _common.substitution import substituted

ALPHA = tl.constexpr(0.6403882032022076)  # (1 + sqrt(17)) / 8, for which the growth of a pair equals that of two
SINGLE, FIRST, SECOND = tl.constexpr(0), tl.constexpr(1), tl.constexpr(2)


@triton.jit
def mirror_kernel(
    source, work, batches, n, HERMITIAN: tl.constexpr, COMPUTE: tl.constexpr,
    BLOCK_B: tl.constexpr, BLOCK_R: tl.constexpr, BLOCK_C: tl.constexpr,
):  # fmt: skip
    """Copy lower triangles into both triangles."""
    batch, row, column = axes(BLOCK_B, BLOCK_R, BLOCK_C)
    row += tl.program_id(1) * BLOCK_R
    column += tl.program_id(2) * BLOCK_C
    held = (batch < batches) & (row < n) & (column < n)
    low, high = tl.minimum(row, column), tl.maximum(row, column)
    x = load(source, batch, high, low, held, False, COMPUTE)
    if HERMITIAN:
        x = chosen(row < column, conjugate(x), x)
        x = chosen(row == column, number(x[0], x), x)
    store(work, batch, row, column, held, x, False)


@triton.jit
def exchange(operand, batch, first, second, at, held, ROWS: tl.constexpr, COMPUTE: tl.constexpr):
    """Exchange the parts at `at` of two rows or columns of each matrix, in memory."""
    held = held & (first != second)
    if ROWS:
        x = load(operand, batch, first, at, held, False, COMPUTE)
        y = load(operand, batch, second, at, held, False, COMPUTE)
    else:
        x = load(operand, batch, at, first, held, False, COMPUTE)
        y = load(operand, batch, at, second, held, False, COMPUTE)
    tl.debug_barrier()
    if ROWS:
        store(operand, batch, first, at, held, y, False)
        store(operand, batch, second, at, held, x, False)
    else:
        store(operand, batch, at, first, held, y, False)
        store(operand, batch, at, second, held, x, False)
    tl.debug_barrier()


@triton.jit
def divided(
    work, pivots, kinds_ptr, places_ptr, batch, row, known, n, step,
    HERMITIAN: tl.constexpr, WHOLE_ROWS: tl.constexpr, COMPUTE: tl.constexpr,
):  # fmt: skip
    """Pick the pivot of a step, bring it to the diagonal, and divide its columns, unless a pair has done so."""
    active = known
    if step > 0:
        active = active & (tl.load(kinds_ptr + batch * n + step - 1, mask=known, other=SINGLE) != FIRST)
    held = active & (row >= step) & (row < n)

    # Pick the pivot.
    ours = load(work, batch, row, step, held, False, COMPUTE)
    size = tl.where(held & (row > step), magnitude(ours), -1)
    other = tl.argmax(size, axis=1, keep_dims=True).to(tl.int64)
    largest = tl.maximum(tl.max(size, axis=1, keep_dims=True), 0)
    diagonal = tl.abs(picked(ours, row == step, 1)[0]) if HERMITIAN else magnitude(picked(ours, row == step, 1))
    theirs = load(work, batch, row, other, held & (largest > 0), False, COMPUTE)
    row_largest = tl.max(tl.where(held & (row != other), magnitude(theirs), 0), axis=1, keep_dims=True)
    cross = picked(theirs, row == other, 1)
    other_diagonal = tl.abs(cross[0]) if HERMITIAN else magnitude(cross)
    stay = (diagonal >= ALPHA * largest) | ~(largest > 0)
    stay = stay | (diagonal * row_largest >= ALPHA * largest * largest)
    alone = other_diagonal >= ALPHA * row_largest
    paired = active & ~stay & ~alone
    target = step + paired.to(tl.int64)
    other = tl.where(stay, step, other)

    # Exchange rows and columns; also the parts on the left, where the result is a permutation and two factors.
    exchange(work, batch, target, other, row, active & (row < n) if WHOLE_ROWS else held, True, COMPUTE)
    exchange(work, batch, target, other, row, held, False, COMPUTE)

    # Divide the columns by the pivot, of which the second column of a pair is [across, last].
    ours = load(work, batch, row, step, held, False, COMPUTE)
    theirs = load(work, batch, row, step + 1, held & paired, False, COMPUTE)
    first, down = picked(ours, row == step, 1), picked(ours, row == step + 1, 1)
    across, last = picked(theirs, row == step, 1), picked(theirs, row == step + 1, 1)
    down = chosen(paired, down, number(first[0] * 0 + 1, first))
    across = chosen(paired, across, number(first[0] * 0 + 1, first))
    one = number(first[0] * 0 + 1, first)
    top, bottom = ratio(first, down), ratio(last, across)
    divisor = chosen(paired, minus(times(top, bottom), one), one)
    single = ratio(ours, chosen(paired, one, first))
    left, right = ratio(ours, down), ratio(theirs, across)
    pair_left = ratio(minus(times(left, bottom), right), divisor)
    pair_right = ratio(minus(times(right, top), left), divisor)
    tl.debug_barrier()
    below = held & (row > target)
    store(work, batch, row, step, below, chosen(paired, pair_left, single), False)
    store(work, batch, row, step + 1, below & paired, pair_right, False)
    if WHOLE_ROWS:
        # The pair is read from the upper triangle, so that L is a triangle with ones on its diagonal.
        store(work, batch, row, step, held & paired & (row == step + 1), number(row * 0.0, first), False)
        place = (row + batch * 0).to(tl.int32)
        if step > 0:
            place = tl.load(places_ptr + batch * n + row, mask=known & (row < n), other=0)
        moved = picked((place,), row == other, 1)[0]
        place = tl.where(active & (row == other), picked((place,), row == target, 1)[0], place)
        place = tl.where(active & (row == target), moved, place)
        tl.debug_barrier()
        tl.store(places_ptr + batch * n + row, place, mask=known & (row < n))
    else:
        named = tl.where(paired, -1 - other, 1 + other).to(tl.int32)
        store(pivots, batch, step, 0, active, (named,), False)
        store(pivots, batch, step + 1, 0, paired, (named,), False)
    tl.store(kinds_ptr + batch * n + step, tl.where(paired, FIRST, SINGLE), mask=active)
    tl.store(kinds_ptr + batch * n + step + 1, batch * 0 + SECOND, mask=paired)


@triton.jit
def subtracted(work, kinds_ptr, batch, row, column, known, n, step, COMPUTE: tl.constexpr):
    """Subtract the outer products of the columns of a pivot from a tile on the right of them."""
    kind = tl.load(kinds_ptr + batch * n + step, mask=known, other=SECOND)
    paired = kind == FIRST
    last = step + paired.to(tl.int64)
    rows, columns = (kind != SECOND) & (row > last) & (row < n), (kind != SECOND) & (column > last) & (column < n)
    # The rows of the pivot still hold D L^H, the columns L.
    tile = load(work, batch, row, column, rows & columns, False, COMPUTE)
    for part in range(0, 2):
        wanted = paired | (part == 0)
        left = load(work, batch, row, step + part, rows & wanted, False, COMPUTE)
        tile = less_product(tile, left, load(work, batch, step + part, column, columns & wanted, False, COMPUTE))
    store(work, batch, row, column, rows & columns, tile, False)


@triton.jit(do_not_specialize=["step"])
def pivot_kernel(
    work, pivots, kinds_ptr, places_ptr, batches, n, step,
    HERMITIAN: tl.constexpr, WHOLE_ROWS: tl.constexpr, COMPUTE: tl.constexpr,
    BLOCK_B: tl.constexpr, BLOCK_R: tl.constexpr, BLOCK_C: tl.constexpr,
):  # fmt: skip
    batch, row, _ = axes(BLOCK_B, BLOCK_R, BLOCK_C)
    known = batch < batches
    divided(work, pivots, kinds_ptr, places_ptr, batch, row, known, n, step, HERMITIAN, WHOLE_ROWS, COMPUTE)


@triton.jit(do_not_specialize=["step"])
def outer_kernel(
    work, kinds_ptr, batches, n, step, COMPUTE: tl.constexpr,
    BLOCK_B: tl.constexpr, BLOCK_R: tl.constexpr, BLOCK_C: tl.constexpr,
):  # fmt: skip
    batch, row, column = axes(BLOCK_B, BLOCK_R, BLOCK_C)
    row += step + 1 + tl.program_id(1) * BLOCK_R
    column += step + 1 + tl.program_id(2) * BLOCK_C
    subtracted(work, kinds_ptr, batch, row, column, batch < batches, n, step, COMPUTE)


@triton.jit
def small_kernel(
    work, pivots, kinds_ptr, places_ptr, batches, n,
    HERMITIAN: tl.constexpr, WHOLE_ROWS: tl.constexpr, COMPUTE: tl.constexpr,
    BLOCK_B: tl.constexpr, BLOCK_R: tl.constexpr, BLOCK_C: tl.constexpr,
):  # fmt: skip
    """Take all steps of matrices that are one tile."""
    batch, row, column = axes(BLOCK_B, BLOCK_R, BLOCK_C)
    known = batch < batches
    for step in range(0, n):
        divided(work, pivots, kinds_ptr, places_ptr, batch, row, known, n, step, HERMITIAN, WHOLE_ROWS, COMPUTE)
        tl.debug_barrier()
        subtracted(work, kinds_ptr, batch, row, column, known, n, step, COMPUTE)
        tl.debug_barrier()


def decompose(
    matrices: torch.Tensor, work: torch.Tensor, hermitian: bool, *, pivots: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Decompose (batch, n, n) into `work`; return of which kind each pivot is, and the places of the rows.

    With `pivots`, which is int32 (batch, n), they and `work` are in LAPACK's format for the lower triangle. Otherwise
    row `i` of L is row `places[i]` of the matrix, and the pairs of D are in the upper triangle.
    """
    batches, n, _ = matrices.shape
    kinds, places = torch.empty((2, batches, n), dtype=torch.int32, device=matrices.device)
    if matrices.numel():
        compute, source, target = real_dtype(matrices), operand(matrices), operand(work)
        rows = blocks(matrices, n, 1)
        size = min(triton.next_power_of_2(n), 128 if matrices.element_size() <= 4 else 64)
        shared = max(1, min(triton.next_power_of_2(batches), SMALL_TILE // size**2))
        tile = {"BLOCK_B": shared, "BLOCK_R": size, "BLOCK_C": size, "num_warps": 16 if size > 32 else 8}
        programs, tiles = triton.cdiv(batches, shared), triton.cdiv(n, size)
        mirror_kernel[(programs, tiles, tiles)](
            source, target, batches, n, HERMITIAN=hermitian, COMPUTE=compute, **tile
        )
        named = None if pivots is None else ((pivots,), *pivots.stride(), 0)
        options = {"HERMITIAN": hermitian, "WHOLE_ROWS": pivots is None, "COMPUTE": compute}
        if tiles == 1:
            small_kernel[(programs,)](target, named, kinds, places, batches, n, **options, **tile)
        for step in range(n if tiles > 1 else 0):
            pivot_kernel[(triton.cdiv(batches, rows["BLOCK_B"]),)](
                target, named, kinds, places, batches, n, step, **options, **rows
            )
            left = n - step - 1
            if left:
                # Half as wide as the tiles of whole matrices, which would spill.
                half = {**tile, "BLOCK_C": size // 2}
                grid = (programs, triton.cdiv(left, size), triton.cdiv(left, size // 2))
                outer_kernel[grid](target, kinds, batches, n, step, COMPUTE=compute, **half)
    return kinds, places


@triton.jit
def solve_kernel(
    factor, upper, rhs, result, kinds_ptr, places_ptr, batches, n, columns,
    HERMITIAN: tl.constexpr, COMPUTE: tl.constexpr,
    BLOCK_B: tl.constexpr, BLOCK_R: tl.constexpr, BLOCK_C: tl.constexpr,
):  # fmt: skip
    batch, row, column = axes(BLOCK_B, BLOCK_R, BLOCK_C)
    column += tl.program_id(1) * BLOCK_C
    known = batch < batches
    held = known & (row < n) & (column < columns)
    place = tl.load(places_ptr + batch * n + row, mask=known & (row < n), other=0).to(tl.int64)
    tile = load(rhs, batch, place, column, held, False, COMPUTE)
    tile = substituted(tile, factor, batch, row, known, n, False, True, False, COMPUTE)
    for step in range(0, n):
        kind = tl.load(kinds_ptr + batch * n + step, mask=known, other=SINGLE)
        paired = kind == FIRST
        first = load(factor, batch, step, step, known, False, COMPUTE)
        across = load(factor, batch, step, step + 1, known & paired, False, COMPUTE)
        last = load(factor, batch, step + 1, step + 1, known & paired, False, COMPUTE)
        one = number(first[0] * 0 + 1, first)
        across = chosen(paired, across, one)
        down = conjugate(across) if HERMITIAN else across
        x, y = picked(tile, row == step, 1), picked(tile, row == step + 1, 1)
        top, bottom, left, right = ratio(first, across), ratio(last, down), ratio(x, across), ratio(y, down)
        divisor = chosen(paired, minus(times(top, bottom), one), one)
        single = ratio(x, chosen(kind == SINGLE, first, one))
        upper_value = chosen(paired, ratio(minus(times(bottom, left), right), divisor), single)
        lower_value = ratio(minus(times(top, right), left), divisor)
        tile = chosen((row == step) & (kind != SECOND), upper_value, tile)
        tile = chosen((row == step + 1) & paired, lower_value, tile)
    tile = substituted(tile, upper, batch, row, known, n, True, True, HERMITIAN, COMPUTE)
    tl.debug_barrier()  # the result may be the right-hand sides
    store(result, batch, place, column, held, tile, False)


def solve(matrices: torch.Tensor, rhs: torch.Tensor, result: torch.Tensor, hermitian: bool) -> None:
    """Solve systems of (batch, n, n) and (batch, n, columns) into `result`."""
    batches, n, columns = result.shape
    if result.numel():
        factor = empty_columns(batches, n, n, matrices)
        kinds, places = decompose(matrices, factor, hermitian)
        tile = blocks(result, n, columns)
        solve_kernel[(triton.cdiv(batches, tile["BLOCK_B"]), triton.cdiv(columns, tile["BLOCK_C"]))](
            operand(factor), operand(factor.mT), operand(rhs), operand(result), kinds, places, batches, n, columns,
            HERMITIAN=hermitian, COMPUTE=real_dtype(matrices), **tile,
        )  # fmt: skip
