"""where(cond, input, other) of operands that broadcast by strides of 0. Bound by memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import triton
import triton.language as tl
from _common.broadcasting import run, tile


@triton.jit
def place(row, column, size_1, size_2, stride_0, stride_1, stride_2, stride_3):
    outer = row // size_2
    return (outer // size_1) * stride_0 + (outer % size_1) * stride_1 + (row % size_2) * stride_2 + column * stride_3


@triton.jit
def where_kernel(
    y_ptr, rows, columns, size_1, size_2, condition, x, other,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, column, inside = tile(rows, columns, BLOCK_ROWS, BLOCK_COLUMNS)
    at = place(row, column, size_1, size_2, condition[2], condition[3], condition[4], condition[5])
    chosen = tl.load(condition[0] + at, mask=inside, other=0) != 0
    at = place(row, column, size_1, size_2, x[2], x[3], x[4], x[5])
    first = tl.load(x[0] + at, mask=inside & chosen, other=0)
    at = place(row, column, size_1, size_2, other[2], other[3], other[4], other[5])
    second = tl.load(other[0] + at, mask=inside & (chosen == 0), other=0)
    tl.store(y_ptr + row * columns + column, tl.where(chosen, first, second), mask=inside)


def expand_where(
    input: torch.Tensor, target_sizes: Sequence[int], cond: torch.Tensor, other: torch.Tensor
) -> torch.Tensor:
    return run(where_kernel, cond, input.expand(*target_sizes), other, dtype=input.dtype)
