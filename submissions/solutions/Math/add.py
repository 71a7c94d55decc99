"""input + alpha * other with PyTorch's promotion; integers are exact, complex numbers are pairs. Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.broadcasting import complex_pairs, joined, run, tile, value


@triton.jit
def add_kernel(
    y_ptr, rows, columns, size_1, size_2, x, other, ALPHA: tl.constexpr,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, column, inside = tile(rows, columns, BLOCK_ROWS, BLOCK_COLUMNS)
    first = value(x, row, column, inside, size_1, size_2, COMPUTE)
    second = value(other, row, column, inside, size_1, size_2, COMPUTE)
    tl.store(y_ptr + row * columns + column, first + second * ALPHA, mask=inside)


@triton.jit
def or_kernel(
    y_ptr, rows, columns, size_1, size_2, x, other,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, column, inside = tile(rows, columns, BLOCK_ROWS, BLOCK_COLUMNS)
    first = value(x, row, column, inside, size_1, size_2, COMPUTE)
    second = value(other, row, column, inside, size_1, size_2, COMPUTE)
    tl.store(y_ptr + row * columns + column, (first + second) != 0, mask=inside)


def add(
    input: torch.Tensor, other: torch.Tensor | float, alpha: float = 1, out: torch.Tensor | None = None
) -> torch.Tensor:
    dtype = torch.result_type(input, other)
    if dtype == torch.bool:
        return run(or_kernel, input, other, dtype=dtype, out=out)
    if dtype.is_complex:
        pairs = complex_pairs(input, other, dtype=dtype)
        return joined(run(add_kernel, *pairs, dtype=pairs[0].dtype, ALPHA=alpha), out)
    return run(add_kernel, input, other, dtype=dtype, out=out, ALPHA=alpha)
