"""Digamma and the Hurwitz zeta function: sums up to a large argument, and asymptotic series from there.

The numbers of the series are B(2k) / (2k) and B(2k) / (2k)! with the Bernoulli numbers B (Abramowitz and Stegun,
Handbook of Mathematical Functions, 6.3.18 and 23.2; Johansson, Rigorous High-Precision Computation of the Hurwitz Zeta
Function and its Derivatives, 2015, for Euler's and Maclaurin's sum). Sums begin with their smallest terms.
"""

from __future__ import annotations

import math
from fractions import Fraction

import torch
import triton
import triton.language as tl

from _common.flat import lanes, unary

BERNOULLI = ("1/6", "-1/30", "1/42", "-1/30", "5/66", "-691/2730", "7/6", "-3617/510")
OF_DIGAMMA = tl.constexpr(tuple(float(Fraction(b)) / (2 * k) for k, b in enumerate(BERNOULLI, 1)))
OF_ZETA = tl.constexpr(tuple(float(Fraction(b)) / math.factorial(2 * k) for k, b in enumerate(BERNOULLI, 1)))
PI = tl.constexpr(math.pi)


@triton.jit
def digamma_of(x):
    """Return digamma of floating numbers: reflected at 0.5 where x is below 0, and NaN at the poles there."""
    positive = tl.where(x < 0, 1.0 - x, x)
    total, y = positive * 0.0, positive
    for step in tl.static_range(7, -1, -1):
        small = positive + step < 8.0
        total += tl.where(small, 1.0 / (positive + step), 0.0)
        y = tl.where(small, y + 1.0, y)
    series, inverse = y * 0.0, 1.0 / (y * y)
    for term in tl.static_range(8):
        series = (series + OF_DIGAMMA[7 - term]) * inverse
    psi = tl.log(y) - 0.5 / y - series - total
    angle = PI * (x - tl.floor(x + 0.5))
    reflected = psi - PI * tl.cos(angle) / tl.sin(angle)
    return tl.where(x < 0, tl.where(angle == 0, float("nan"), reflected), psi)


@triton.jit
def zeta_tail(s, y, top):
    """Return the sum of (k + y) ** -s over k = 0, 1, ...; top is y ** -s, and y is large."""
    inverse = 1.0 / y
    factor, square = s * top * inverse, inverse * inverse
    series = 0.5 * top
    for term in tl.static_range(6):
        series += factor * OF_ZETA[term]
        factor = factor * ((s + (2 * term + 1)) * square * (s + (2 * term + 2)))
    return series + y * top / (s - 1.0)


@triton.jit
def steps_to(x, least: tl.constexpr):
    """Return how many terms are summed: at least so many, and until the smallest argument is as large."""
    return tl.maximum(tl.ceil(least - tl.min(x)), least).to(tl.int32)


@triton.jit
def digamma_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=1).to(COMPUTE)
    tl.store(y_ptr + at, digamma_of(x), mask=inside)


def digamma(x: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
    """Return digamma of each element."""
    return unary(digamma_kernel, x, out)
