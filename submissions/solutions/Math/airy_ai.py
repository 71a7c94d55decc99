"""Ai(x) by its power series in [-6.5, 5.5], by asymptotic series outside, all in float64. Bound by arithmetic.

DLMF 9.4.1, 9.7.5 and 9.7.9. On the right the power series loses the square of Ai's decay to cancellation, and the
asymptotic series is off by as much as its last term: at 5.5 both are good to 3e-9 of the result. On the left both are
good to 1e-10. A series per interval with fitted coefficients was dropped: it would be faster, and a table of numbers.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary

LEFT, RIGHT = tl.constexpr(-6.5), tl.constexpr(5.5)
VALUE = tl.constexpr(3 ** (-2 / 3) / math.gamma(2 / 3))  # at 0
SLOPE = tl.constexpr(-(3 ** (-1 / 3)) / math.gamma(1 / 3))
QUARTER_PI = tl.constexpr(math.pi / 4)
ROOT_PI = tl.constexpr(math.sqrt(math.pi))


@triton.jit
def power_series(x):
    """Return Ai of moderate numbers: the solution of y'' = x y with the value and the slope of Ai at 0."""
    cube = x * x * x
    even, odd = x * 0.0 + VALUE, x * SLOPE
    total = even + odd
    for term in tl.static_range(3, 87, 3):
        even = even * cube * (1.0 / (term * (term - 1)))
        odd = odd * cube * (1.0 / (term * (term + 1)))
        total += even + odd
    return total


@triton.jit
def asymptotic(x):
    """Return Ai of numbers far from 0: a wave on the left, a decay on the right."""
    z = tl.maximum(tl.abs(x), 5.0)
    zeta = z * tl.sqrt(z) * (2.0 / 3.0)
    term, even, odd = z * 0.0 + 1.0, z * 0.0 + 1.0, z * 0.0
    sign = tl.where(x < 0, -1.0, 1.0)
    for k in tl.static_range(1, 15):
        term = term / zeta * ((6 * k - 5) * (6 * k - 3) * (6 * k - 1) / (216 * k * (2 * k - 1)))
        if k % 2 == 1:
            odd += term
            term = term * sign
        else:
            even += term
    scale = 1.0 / (ROOT_PI * tl.sqrt(tl.sqrt(z)))
    wave = tl.cos(zeta - QUARTER_PI) * even + tl.sin(zeta - QUARTER_PI) * odd
    return scale * tl.where(x < 0, wave, 0.5 * tl.exp(-zeta) * (even - odd))


@triton.jit
def airy_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(tl.float64)
    far = (x < LEFT) | (x > RIGHT)
    near = power_series(tl.where(far, 0.0, x))
    tl.store(y_ptr + at, tl.where(far, asymptotic(x), near), mask=inside)


def airy_ai(input: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
    return unary(airy_kernel, input, out, num_warps=8)  # with 4, the polynomials spill
