"""input / other, rounded on request; integers are exact, complex numbers are scaled pairs. Bound by memory.

The floor of a floating quotient is that of its exact value, from the remainder, as Python's own `//` computes it: the
floor of a rounded quotient is one too large where rounding reaches the next whole number. Complex quotients divide the
divisor by its larger part first (Smith, Algorithm 116: Complex Division, 1962), so that no square overflows.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.broadcasting import complex_pairs, joined, run, tile, value
from triton.language.extra import libdevice


@triton.jit
def quotient(a, b):
    """Return a / b rounded to nearest; the plain division of float32 is an approximation on a GPU."""
    return tl.div_rn(a, b) if a.dtype == tl.float32 else a / b


@triton.jit
def floor_quotient(a, b):
    """Return the floor of a / b of floating numbers."""
    rest = libdevice.fmod(a, b)
    whole = quotient(a - rest, b)
    whole = tl.where((rest != 0) & ((rest < 0) != (b < 0)), whole - 1, whole)
    floor = libdevice.floor(whole)
    floor = tl.where(whole - floor > 0.5, floor + 1, floor)
    return tl.where(b == 0, quotient(a, b), floor)


@triton.jit
def div_kernel(
    y_ptr, rows, columns, size_1, size_2, x, other, MODE: tl.constexpr,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, column, inside = tile(rows, columns, BLOCK_ROWS, BLOCK_COLUMNS)
    a = value(x, row, column, inside, size_1, size_2, COMPUTE)
    b = value(other, row, column, inside, size_1, size_2, COMPUTE)
    if a.dtype.is_int():
        y = a // b  # towards zero
        if MODE == "floor":
            rest = a - y * b
            y -= ((rest != 0) & ((rest < 0) != (b < 0))).to(tl.int64)
    elif MODE == "floor":
        y = floor_quotient(a, b)
    else:
        y = quotient(a, b)
        if MODE == "trunc":
            y = libdevice.trunc(y)
    tl.store(y_ptr + row * columns + column, y.to(y_ptr.dtype.element_ty), mask=inside)


@triton.jit
def complex_div_kernel(
    y_ptr, rows, columns, size_1, size_2, x, x_imaginary, other, other_imaginary,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, column, inside = tile(rows, columns, BLOCK_ROWS, BLOCK_COLUMNS)
    a = value(x, row, column, inside, size_1, size_2, COMPUTE)
    b = value(x_imaginary, row, column, inside, size_1, size_2, COMPUTE)
    c = value(other, row, column, inside, size_1, size_2, COMPUTE)
    d = value(other_imaginary, row, column, inside, size_1, size_2, COMPUTE)
    larger = tl.maximum(tl.abs(c), tl.abs(d))
    c, d = quotient(c, larger), quotient(d, larger)
    # The last dimension of the result is two: real and imaginary parts.
    product = tl.where(column % 2 == 0, a * c + b * d, b * c - a * d)
    tl.store(y_ptr + row * columns + column, quotient(quotient(product, c * c + d * d), larger), mask=inside)


def div(
    input: torch.Tensor,
    other: torch.Tensor | float,
    rounding_mode: str | None = None,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    if rounding_mode not in (None, "floor", "trunc"):
        raise ValueError(f"rounding_mode is None, 'floor' or 'trunc', not {rounding_mode!r}")
    dtype = torch.result_type(input, other)
    if dtype.is_complex:
        parts = [
            pairs[..., part : part + 1].expand_as(pairs)
            for pairs in complex_pairs(input, other, dtype=dtype)
            for part in (0, 1)
        ]
        return joined(run(complex_div_kernel, *parts, dtype=parts[0].dtype), out)
    if rounding_mode is None and not dtype.is_floating_point:
        dtype = torch.get_default_dtype()
    return run(div_kernel, input, other, dtype=dtype, out=out, MODE=rounding_mode)
