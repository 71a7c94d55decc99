"""Reductions: a tensor as rows of any strides, and how its rows and columns are shared among programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import triton
import triton.language as tl


def normalised(dim: int | Sequence[int] | None, ndim: int) -> list[int]:
    """Return the reduced dimensions in order, each from 0; None or an empty tuple means all of them."""
    given = (dim,) if isinstance(dim, int) else dim
    return sorted(axis % ndim for axis in given or range(ndim)) if ndim else []


def kept_shape(x: torch.Tensor, dims: Sequence[int], keepdim: bool) -> list[int]:
    """Return the shape that is left when `dims` are reduced."""
    return [1 if axis in dims else size for axis, size in enumerate(x.shape) if keepdim or axis not in dims]


def middle(x: torch.Tensor, dims: Sequence[int]) -> torch.Tensor:
    """View x as (outer, reduced, inner); it is copied only if its strides allow no such view."""
    first, last = (dims[0], dims[-1]) if dims else (0, -1)
    if last - first + 1 > len(dims):
        kept = [axis for axis in range(x.ndim) if axis not in dims]
        x, first, last = x.permute(*kept, *dims), len(kept), x.ndim - 1
    return x.reshape(math.prod(x.shape[:first]), math.prod(x.shape[first : last + 1]), math.prod(x.shape[last + 1 :]))


def blocks(x: torch.Tensor) -> tuple[int, int]:
    """Return rows and columns of a tile: neighbours in memory go to neighbouring lanes."""
    rows, columns = x.shape[0] * x.shape[2], x.shape[1]
    if x.stride(1) == 1:
        block_columns = min(triton.next_power_of_2(max(columns, 1)), 1024)
        return min(triton.next_power_of_2(rows), 1024 // block_columns), block_columns
    return min(triton.next_power_of_2(rows), 64), min(triton.next_power_of_2(max(columns, 1)), 16)


def splits(x: torch.Tensor, block_rows: int) -> int:
    """Return into how many parts a row is split, so that few long rows occupy a GPU too."""
    rows, columns = x.shape[0] * x.shape[2], x.shape[1]
    return max(1, min(triton.cdiv(columns, 2048), 1024 // triton.cdiv(rows, block_rows)))


@triton.jit
def part(rows, columns, inner, chunk, stride_outer, stride_inner, BLOCK_ROWS: tl.constexpr):
    """Return a program's rows, their offsets, and the first and the last column of its part of each."""
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    begin = tl.program_id(1).to(tl.int64) * chunk
    end = tl.minimum(begin + chunk, columns)
    return row, (row // inner) * stride_outer + (row % inner) * stride_inner, begin, end


def accumulator(dtype: torch.dtype) -> tuple[Any, torch.dtype]:
    """Return the dtype, of Triton and of PyTorch, in which sums for a result of `dtype` are kept."""
    return (tl.float64, torch.float64) if dtype == torch.float64 else (tl.float32, torch.float32)
