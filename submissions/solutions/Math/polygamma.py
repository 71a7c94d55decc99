"""(-1)^(n+1) n! zeta(n + 1, x): terms of the zeta function, then Euler's and Maclaurin's sum. Bound by arithmetic.

The sum holds between the poles of negative numbers, too (Abramowitz and Stegun, 6.4.10); a block takes as many terms
as its smallest argument needs. n is compiled in, so that powers are products.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary
from _common.gamma import digamma, steps_to, zeta_tail


@triton.jit
def inverse_power(x, N: tl.constexpr):
    """Return x ** -N by squaring."""
    power, y = 1.0 / x, x * 0.0 + 1.0
    rest: tl.constexpr = N
    for bit in tl.static_range(32):
        if (rest >> bit) & 1:
            y *= power
        if rest >> (bit + 1):
            power *= power
    return y


@triton.jit
def polygamma_kernel(
    x_ptr, y_ptr, count, N: tl.constexpr, FACTOR: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr
):  # fmt: skip
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=1).to(COMPUTE)
    steps = steps_to(x, N + 8)
    y = x + steps
    total = zeta_tail(N + 1.0, y, inverse_power(y, N + 1))
    for step in range(steps - 1, -1, -1):
        total += inverse_power(x + step, N + 1)
    tl.store(y_ptr + at, FACTOR * total, mask=inside)


def polygamma(n: int, input: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
    if n < 0:
        raise ValueError(f"polygamma takes n >= 0, not {n}")
    if n == 0:
        return digamma(input, out)
    return unary(polygamma_kernel, input, out, N=n, FACTOR=float((-1) ** (n + 1) * math.factorial(n)))
