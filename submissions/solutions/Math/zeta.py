"""Ten or more powers (k + other) ** -input, then Euler's and Maclaurin's sum of the rest. Bound by arithmetic.

Johansson, Rigorous High-Precision Computation of the Hurwitz Zeta Function and its Derivatives, 2015. Six terms of the
series are enough in float32: where the input is large, so that they decrease slowly, the rest is negligible.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.broadcasting import run, tile, value
from _common.gamma import steps_to, zeta_tail
from triton.language.extra import libdevice


@triton.jit
def zeta_kernel(
    y_ptr, rows, columns, size_1, size_2, x, other,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, column, inside = tile(rows, columns, BLOCK_ROWS, BLOCK_COLUMNS)
    s = value(x, row, column, inside, size_1, size_2, COMPUTE)
    q = value(other, row, column, inside, size_1, size_2, COMPUTE)
    s, q = tl.broadcast(s, q)
    steps = steps_to(tl.where(inside, q, 1.0), 10)
    total, power = q * 0.0, -s
    for step in range(steps, -1, -1):
        # One call of pow in the code: it is most of what the compiler has to do.
        term = libdevice.pow(q + step, power)
        if step == steps:
            total = zeta_tail(s, q + step, term)
        else:
            total += term
    # At 1 the sum is infinite; below it, and at powers of negative numbers without a value, it has none.
    total = tl.where(s > 1, total, tl.where(s == 1, float("inf"), float("nan")))
    total = tl.where((q <= 0) & (q == tl.floor(q)), float("inf"), total)
    tl.store(y_ptr + row * columns + column, total, mask=inside)


def zeta(input: torch.Tensor | float, other: torch.Tensor | float, out: torch.Tensor | None = None) -> torch.Tensor:
    return run(zeta_kernel, input, other, dtype=torch.result_type(input, other), out=out, num_warps=8)
