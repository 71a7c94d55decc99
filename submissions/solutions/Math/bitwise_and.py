"""input & other of integers or bools that broadcast, in the wider of the two dtypes. Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.broadcasting import run, tile, value


@triton.jit
def bitwise_and_kernel(
    y_ptr, rows, columns, size_1, size_2, x, other,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, column, inside = tile(rows, columns, BLOCK_ROWS, BLOCK_COLUMNS)
    first = value(x, row, column, inside, size_1, size_2, COMPUTE)
    second = value(other, row, column, inside, size_1, size_2, COMPUTE)
    tl.store(y_ptr + row * columns + column, (first & second).to(y_ptr.dtype.element_ty), mask=inside)


def bitwise_and(input: torch.Tensor, other: torch.Tensor | int, out: torch.Tensor | None = None) -> torch.Tensor:
    return run(bitwise_and_kernel, input, other, dtype=torch.result_type(input, other), out=out)
