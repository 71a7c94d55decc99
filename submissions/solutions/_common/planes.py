"""Batches of real or complex matrices: a number is a tuple of planes, one of real parts or two with imaginary parts.

Tiles are (matrices, rows, columns), so that a program takes one large matrix, or many small ones. The planes of a
complex tensor are views of it, which nothing is copied for. The arithmetic of numbers is in `complex_numbers.py`.

The largest tiles spill up to 544 bytes of a thread where rows are exchanged. Half as large they would not, but the rest
of a matrix would be read and written twice as often.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import triton
import triton.language as tl

TILE_BYTES = 1 << 16
"""Size of the largest tile, which sixteen warps hold in registers."""

SMALL_TILE = 4096
"""Elements of a tile up to which a program takes several matrices."""


@triton.jit
def load(operand, batch, row, column, inside, CONJUGATE: tl.constexpr, COMPUTE: tl.constexpr):
    """Return elements of matrices; an operand is a tuple of planes, and the strides of batch, rows and columns."""
    planes, stride_batch, stride_row, stride_column = operand
    zero = tl.full((), 0, tl.int64)  # rows and columns may be 32-bit steps of a loop
    at = batch * stride_batch + (zero + row) * stride_row + (zero + column) * stride_column
    real = tl.load(planes[0] + at, mask=inside, other=0).to(COMPUTE)
    if len(planes) == 1:
        return (real,)
    else:
        imaginary = tl.load(planes[1] + at, mask=inside, other=0).to(COMPUTE)
        return (real, -imaginary if CONJUGATE else imaginary)


@triton.jit
def store(operand, batch, row, column, inside, x, CONJUGATE: tl.constexpr):
    """Store elements of matrices."""
    planes, stride_batch, stride_row, stride_column = operand
    zero = tl.full((), 0, tl.int64)  # rows and columns may be 32-bit steps of a loop
    at = batch * stride_batch + (zero + row) * stride_row + (zero + column) * stride_column
    tl.store(planes[0] + at, x[0], mask=inside)
    if len(planes) == 2:
        tl.store(planes[1] + at, -x[1] if CONJUGATE else x[1], mask=inside)


@triton.jit
def number(x, like):
    """Return real values as numbers of as many planes as another one."""
    if len(like) == 1:
        return (x,)
    else:
        return (x, x * 0)


@triton.jit
def picked(x, condition, axis: tl.constexpr):
    """Return the one element along an axis for which a condition holds, or 0; the axis is kept."""
    real = tl.sum(tl.where(condition, x[0], 0), axis=axis, keep_dims=True)
    if len(x) == 1:
        return (real,)
    else:
        return (real, tl.sum(tl.where(condition, x[1], 0), axis=axis, keep_dims=True))


@triton.jit
def less_product(x, y, z):
    """Return x - y z."""
    if len(x) == 1:
        return (x[0] - y[0] * z[0],)
    else:
        return (x[0] - y[0] * z[0] + y[1] * z[1], x[1] - y[0] * z[1] - y[1] * z[0])


@triton.jit
def magnitude(x):
    """Return |x|, or for complex numbers |real| + |imaginary|, with which LAPACK compares pivots."""
    if len(x) == 1:
        return tl.abs(x[0])
    else:
        return tl.abs(x[0]) + tl.abs(x[1])


@triton.jit
def ratio(x, y):
    """Return x / y, and 0 / 0 = 0. Complex divisors are scaled first, since their squares may be out of range."""
    size = magnitude(y)
    size = tl.where((magnitude(x) == 0) & (size == 0), 1, size)
    if len(x) == 1:
        return (x[0] / tl.where(y[0] < 0, -size, size),)
    else:
        real, imaginary = y[0] / size, y[1] / size
        square = real * real + imaginary * imaginary
        square = tl.where(square == 0, 1, square)
        real, imaginary = real / square, imaginary / square
        return ((x[0] * real + x[1] * imaginary) / size, (x[1] * real - x[0] * imaginary) / size)


def operand(matrices: torch.Tensor) -> tuple[Any, ...]:
    """Return (batch, rows, columns) as an argument of `load` and `store`."""
    if not matrices.is_complex():
        return ((matrices,), *matrices.stride())
    planes = torch.view_as_real(matrices.resolve_conj())
    return ((planes[..., 0], planes[..., 1]), *planes.stride()[:3])


def batched(x: torch.Tensor, batch: tuple[int, ...] | None = None) -> torch.Tensor:
    """View matrices of any batch dimensions, which may be expanded, as (batch, rows, columns)."""
    expanded = x if batch is None else x.expand(*batch, *x.shape[-2:])
    return expanded.reshape(math.prod(expanded.shape[:-2]), *expanded.shape[-2:])


def empty_columns(batches: int, rows: int, columns: int, like: torch.Tensor) -> torch.Tensor:
    """Return new matrices of which neighbours in a column are neighbours in memory."""
    return torch.empty((batches, columns, rows), dtype=like.dtype, device=like.device).mT


def destination(out: torch.Tensor | None, shape: tuple[int, ...], *inputs: torch.Tensor, kept: int = 2) -> torch.Tensor:
    """Return what to write a result to: `out`, resized, or a new tensor of the dtype of the first input.

    It is a new one where `out` is an input, or where its dimensions before the `kept` last ones cannot be one.
    """
    if out is not None:
        taken = {x.untyped_storage().data_ptr() for x in inputs}
        storage = out.resize_(shape).untyped_storage().data_ptr()
        first = max(0, len(shape) - kept)
        whole = out.reshape(math.prod(shape[:first]), *shape[first:])
        if storage not in taken and not out.is_conj() and whole.untyped_storage().data_ptr() == storage:
            return out
    return torch.empty(shape, dtype=inputs[0].dtype, device=inputs[0].device)


def finished(out: torch.Tensor | None, result: torch.Tensor) -> torch.Tensor:
    """Return a result, in `out` where it is given."""
    return result if out is None or result is out else out.copy_(result)


def blocks(x: torch.Tensor, rows: int, columns: int) -> dict[str, int]:
    """Return the sizes of a tile of whole columns, and its warps; there are as many columns as fit."""
    block_rows = triton.next_power_of_2(max(rows, 1))
    room = TILE_BYTES // x.element_size()
    if block_rows > room:
        raise ValueError(f"matrices of {rows} rows: at most {room} of {x.dtype} fit into a program")
    block_columns = min(triton.next_power_of_2(max(columns, 1)), room // block_rows)
    matrices = max(1, min(triton.next_power_of_2(max(x.shape[0], 1)), SMALL_TILE // (block_rows * block_columns)))
    warps = max(1, min(16, matrices * block_rows * block_columns * x.element_size() // 1024))
    return {"BLOCK_B": matrices, "BLOCK_R": block_rows, "BLOCK_C": block_columns, "num_warps": warps}


@triton.jit
def axes(BLOCK_B: tl.constexpr, BLOCK_R: tl.constexpr, BLOCK_C: tl.constexpr):
    """Return a program's 64-bit matrices, and rows and columns from 0, in the shapes that a tile has them in."""
    batch = tl.program_id(0).to(tl.int64) * BLOCK_B + tl.arange(0, BLOCK_B)
    row = tl.arange(0, BLOCK_R).to(tl.int64)
    column = tl.arange(0, BLOCK_C).to(tl.int64)
    return batch[:, None, None], row[None, :, None], column[None, None, :]
