"""input_tensor ** exponent: products for small whole exponents, square roots, else pow of libdevice. Bound by memory.

An exponent that is a number is compiled in: programs use few of them, mostly squares, cubes, roots and reciprocals. A
tensor of exponents broadcasts. exp2(exponent * log2(x)) was dropped: it loses as many bits as the exponent of the
result has, and has no negative bases.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.broadcasting import run, tile, value
from _common.flat import lanes, unary
from triton.language.extra import libdevice


@triton.jit
def number_kernel(x_ptr, y_ptr, count, EXPONENT: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=1).to(COMPUTE)
    if EXPONENT == 0.5:
        y = tl.sqrt(x)
    elif EXPONENT == -4 or EXPONENT == -3 or EXPONENT == -2 or EXPONENT == -1:
        y = x
        for _ in tl.static_range(-EXPONENT - 1):
            y *= x
        y = 1.0 / y
    elif EXPONENT == 1 or EXPONENT == 2 or EXPONENT == 3 or EXPONENT == 4:
        y = x
        for _ in tl.static_range(EXPONENT - 1):
            y *= x
    else:
        y = libdevice.pow(x, tl.full((BLOCK,), EXPONENT, COMPUTE))
    tl.store(y_ptr + at, y, mask=inside)


@triton.jit
def tensor_kernel(
    y_ptr, rows, columns, size_1, size_2, x, exponent,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, column, inside = tile(rows, columns, BLOCK_ROWS, BLOCK_COLUMNS)
    base = value(x, row, column, inside, size_1, size_2, COMPUTE)
    power = value(exponent, row, column, inside, size_1, size_2, COMPUTE)
    base, power = tl.broadcast(base, power)
    tl.store(y_ptr + row * columns + column, libdevice.pow(base, power), mask=inside)


def pow(input_tensor: torch.Tensor, exponent: torch.Tensor | float, out: torch.Tensor | None = None) -> torch.Tensor:
    dtype = torch.result_type(input_tensor, exponent)
    if not dtype.is_floating_point:
        raise TypeError(f"powers of floating numbers only, not of {dtype}")
    if torch.is_tensor(exponent):
        return run(tensor_kernel, input_tensor, exponent, dtype=dtype, out=out)
    whole = int(exponent) if exponent in (1, 2, 3, 4, -1, -2, -3, -4) else float(exponent)
    return unary(number_kernel, input_tensor, out, dtype=dtype, EXPONENT=whole)
