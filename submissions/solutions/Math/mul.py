"""input * other with PyTorch's promotion; integers are exact, complex numbers are pairs. Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.broadcasting import complex_pairs, joined, run, tile, value


@triton.jit
def mul_kernel(
    y_ptr, rows, columns, size_1, size_2, x, other,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, column, inside = tile(rows, columns, BLOCK_ROWS, BLOCK_COLUMNS)
    first = value(x, row, column, inside, size_1, size_2, COMPUTE)
    second = value(other, row, column, inside, size_1, size_2, COMPUTE)
    tl.store(y_ptr + row * columns + column, (first * second).to(y_ptr.dtype.element_ty), mask=inside)


@triton.jit
def complex_mul_kernel(
    y_ptr, rows, columns, size_1, size_2, x, x_imaginary, other, other_imaginary,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, column, inside = tile(rows, columns, BLOCK_ROWS, BLOCK_COLUMNS)
    a = value(x, row, column, inside, size_1, size_2, COMPUTE)
    b = value(x_imaginary, row, column, inside, size_1, size_2, COMPUTE)
    c = value(other, row, column, inside, size_1, size_2, COMPUTE)
    d = value(other_imaginary, row, column, inside, size_1, size_2, COMPUTE)
    # The last dimension of the result is two: real and imaginary parts.
    product = tl.where(column % 2 == 0, a * c - b * d, a * d + b * c)
    tl.store(y_ptr + row * columns + column, product, mask=inside)


def mul(input: torch.Tensor, other: torch.Tensor | float, out: torch.Tensor | None = None) -> torch.Tensor:
    dtype = torch.result_type(input, other)
    if not dtype.is_complex:
        return run(mul_kernel, input, other, dtype=dtype, out=out)
    parts = [
        pairs[..., part : part + 1].expand_as(pairs)
        for pairs in complex_pairs(input, other, dtype=dtype)
        for part in (0, 1)
    ]
    return joined(run(complex_mul_kernel, *parts, dtype=parts[0].dtype), out)
