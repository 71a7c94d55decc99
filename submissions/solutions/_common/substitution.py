"""Triangular systems: a program holds whole columns of right-hand sides, and subtracts a column of the factor a step.

The steps follow from each other, so these kernels are bound by latency; only right-hand sides run at the same time.
"""

from __future__ import annotations

import struct

import torch
import triton
import triton.language as tl

from _common.complex_numbers import chosen, real_dtype
from _common.planes import axes, batched, blocks, less_product, load, number, operand, picked, ratio, store  # fmt: skip


@triton.jit
def substituted(
    tile, factor, batch, row, held, n, UPPER: tl.constexpr, UNIT: tl.constexpr, CONJUGATE: tl.constexpr,
    COMPUTE: tl.constexpr,
):  # fmt: skip
    """Return the solution of triangular systems; with `UNIT` the diagonal is ones."""
    for count in range(0, n):
        step = n - 1 - count if UPPER else count
        x = picked(tile, row == step, 1)
        if not UNIT:
            x = ratio(x, load(factor, batch, step, step, held, CONJUGATE, COMPUTE))
            tile = chosen(row == step, x, tile)
        rest = (row < step) if UPPER else (row > step) & (row < n)
        tile = less_product(tile, load(factor, batch, row, step, rest & held, CONJUGATE, COMPUTE), x)
    return tile


@triton.jit
def triangular_kernel(
    lower, upper, rhs, result, places_ptr, added, alpha_bits, batches, n, columns,
    UNIT: tl.constexpr, CONJUGATE_LOWER: tl.constexpr, CONJUGATE_UPPER: tl.constexpr, COMPUTE: tl.constexpr,
    BLOCK_B: tl.constexpr, BLOCK_R: tl.constexpr, BLOCK_C: tl.constexpr,
):  # fmt: skip
    batch, row, column = axes(BLOCK_B, BLOCK_R, BLOCK_C)
    column += tl.program_id(1) * BLOCK_C
    known = batch < batches
    held = known & (row < n) & (column < columns)
    place = row + batch * 0
    if places_ptr is not None:
        place = tl.load(places_ptr + batch * n + row, mask=known & (row < n), other=0).to(tl.int64)
    if rhs is None:
        tile = number((held & (place == column)).to(COMPUTE), upper[0])
    else:
        tile = load(rhs, batch, place, column, held, False, COMPUTE)
    if lower is not None:
        tile = substituted(tile, lower, batch, row, known, n, False, UNIT, CONJUGATE_LOWER, COMPUTE)
    tile = substituted(tile, upper, batch, row, known, n, True, False, CONJUGATE_UPPER, COMPUTE)
    if added is not None:
        alpha = tl.full((1, 1, 1), alpha_bits, tl.int64).to(tl.float64, bitcast=True).to(COMPUTE)
        y = load(added, batch, row, column, held, False, COMPUTE)
        tile = less_product(tile, number(-alpha, tile), y)
    tl.debug_barrier()  # the result may be the right-hand sides, whose rows were read in another order
    store(result, batch, row, column, held, tile, False)


def substitute(
    lower: torch.Tensor | None,
    upper: torch.Tensor,
    rhs: torch.Tensor | None,
    result: torch.Tensor,
    *,
    places: torch.Tensor | None = None,
    unit: bool = False,
    conjugate: tuple[bool, bool] = (False, False),
    added: torch.Tensor | None = None,
    alpha: float = 1.0,
) -> None:
    """Solve L U X = B into `result`; tensors are (batch, n, n) and (batch, n, columns).

    Without `rhs`, B is the identity. Row i of L and U is row `places[i]` of B; with `unit` the diagonal of L is ones.
    `conjugate` says whether L and U are the conjugates of the tensors given, and `alpha * added` is added to X.
    """
    batches, n, columns = result.shape
    if result.numel():
        tile = blocks(result, n, columns)
        (bits,) = struct.unpack("q", struct.pack("d", alpha))  # a float would reach the kernel as float32
        triangular_kernel[(triton.cdiv(batches, tile["BLOCK_B"]), triton.cdiv(columns, tile["BLOCK_C"]))](
            None if lower is None else operand(lower), operand(upper), None if rhs is None else operand(rhs),
            operand(result), places, None if added is None else operand(added), bits, batches, n, columns, UNIT=unit,
            CONJUGATE_LOWER=conjugate[0], CONJUGATE_UPPER=conjugate[1], COMPUTE=real_dtype(result), **tile,
        )  # fmt: skip


def systems(A: torch.Tensor, B: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, tuple[int, ...]]:
    """Return matrices and right-hand sides of one batch, and the shape of the solution; B may hold vectors."""
    vectors = B.ndim == 1 or B.shape == A.shape[:-1]
    right = B.unsqueeze(-1) if vectors else B
    batch = torch.broadcast_shapes(A.shape[:-2], right.shape[:-2])
    shape = (*batch, *right.shape[-2:])
    return batched(A, batch), batched(right, batch), shape[:-1] if vectors else shape


def columns_of(result: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """View a contiguous or batched result as (batch, n, columns), as the right-hand sides are."""
    return batched(result.unsqueeze(-1) if result.ndim < 2 or result.shape[-2:] != like.shape[-2:] else result)
