"""Operands that broadcast: broadcasting and any layout are strides, divided out once a row of the result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import triton
import triton.language as tl

TILE = 1024


@triton.jit
def tile(rows, columns, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr):
    """Return the 64-bit rows and columns of a program's tile, and which of its elements are inside."""
    tiles = tl.cdiv(columns, BLOCK_COLUMNS)
    row = (tl.program_id(0) // tiles).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    column = (tl.program_id(0) % tiles).to(tl.int64) * BLOCK_COLUMNS + tl.arange(0, BLOCK_COLUMNS)[None, :]
    return row, column, (row < rows) & (column < columns)


@triton.jit
def value(operand, row, column, inside, size_1, size_2, COMPUTE: tl.constexpr):
    """Return the elements of an operand: a tuple of pointer, number and four strides; without a pointer, the number."""
    ptr, number, stride_0, stride_1, stride_2, stride_3 = operand
    if ptr is not None:
        outer = row // size_2
        at = (outer // size_1) * stride_0 + (outer % size_1) * stride_1 + (row % size_2) * stride_2 + column * stride_3
        return tl.load(ptr + at, mask=inside, other=1).to(COMPUTE)
    else:
        return tl.full((1, 1), 1, COMPUTE) * number


def four(x: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    """Return x expanded to a shape, with the dimensions before the last three made one."""
    return x.expand(shape).reshape(-1, *(1, 1, 1, *shape)[-3:])


def run(
    kernel: Any, *operands: torch.Tensor | float, dtype: torch.dtype, out: torch.Tensor | None = None, **constants: Any
) -> torch.Tensor:
    """Launch a kernel of `y_ptr, rows, columns, size_1, size_2, *operands`, the constants, and those of `tile`.

    Operands are tensors or numbers, and one at least is a tensor. The result is `out`, resized as PyTorch does, or a
    new tensor of `dtype`.
    """
    tensors = [operand for operand in operands if torch.is_tensor(operand)]
    shape = torch.broadcast_shapes(*(tensor.shape for tensor in tensors))
    direct = out is not None and out.resize_(shape).is_contiguous() and out.dtype == dtype
    result = out if direct else torch.empty(shape, dtype=dtype, device=tensors[0].device)
    if result.numel():
        views = [four(operand, shape) if torch.is_tensor(operand) else None for operand in operands]
        arguments = [
            (None, operand, 0, 0, 0, 0) if view is None else (view, 0, *view.stride())
            for operand, view in zip(operands, views, strict=True)
        ]
        _, size_1, size_2, columns = four(tensors[0], shape).shape
        rows = result.numel() // columns
        block_columns = min(triton.next_power_of_2(columns), TILE)
        block_rows = TILE // block_columns
        kernel[(triton.cdiv(rows, block_rows) * triton.cdiv(columns, block_columns),)](
            result, rows, columns, size_1, size_2, *arguments,
            COMPUTE=widest(dtype, *tensors), BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns, **constants,
        )  # fmt: skip
    return result if out is None or direct else out.copy_(result)


def widest(dtype: torch.dtype, *tensors: torch.Tensor) -> Any:
    """Return the dtype to compute in: float64, float32, or for integers int64."""
    kinds = {dtype, *(tensor.dtype for tensor in tensors)}
    if torch.float64 in kinds:
        return tl.float64
    return tl.float32 if any(kind.is_floating_point for kind in kinds) else tl.int64


def complex_pairs(*operands: torch.Tensor | float, dtype: torch.dtype) -> list[torch.Tensor]:
    """Return tensors and numbers of a complex `dtype` as tensors of one shape with a last dimension of two."""
    like = next(operand for operand in operands if torch.is_tensor(operand))
    tensors = [torch.as_tensor(operand, device=like.device).to(dtype) for operand in operands]
    return [torch.view_as_real(tensor) for tensor in torch.broadcast_tensors(*tensors)]


def joined(pairs: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
    """Return pairs of real numbers as complex ones, in `out` where it is given."""
    result = torch.view_as_complex(pairs)
    return result if out is None else out.resize_(result.shape).copy_(result)
