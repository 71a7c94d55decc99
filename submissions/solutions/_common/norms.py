"""p-norms of vectors: powers of elements, their sums or maxima, and the root."""

from __future__ import annotations

import math

import triton
import triton.language as tl


@triton.jit
def power(x, P: tl.constexpr, KIND: tl.constexpr):
    """Return |x| ** p; KIND is 1 or 2 for these exponents, 3 for the largest, and 0 for any other."""
    size = tl.abs(x)
    if KIND == 2:
        size = x * x
    elif KIND == 0:
        # 0 has no logarithm.
        size = tl.where(size == 0, 0.0, tl.exp(P * tl.log(tl.where(size == 0, 1.0, size))))
    return size


@triton.jit
def gathered(total, x, KIND: tl.constexpr):
    """Return total with the powers x: a sum, or the larger one."""
    if KIND == 3:
        return tl.where((x > total) | (x != x), x, total)
    else:
        return total + x


@triton.jit
def across(total, KIND: tl.constexpr):
    """Return the sums, or the maxima, of rows."""
    if KIND == 3:
        return tl.max(total, axis=1, keep_dims=True)
    else:
        return tl.sum(total, axis=1, keep_dims=True)


@triton.jit
def root(total, P: tl.constexpr, KIND: tl.constexpr):
    """Return total ** (1 / p)."""
    if KIND == 2:
        return tl.sqrt(total)
    elif KIND == 0:
        return tl.where(total == 0, 0.0, tl.exp(tl.log(tl.where(total == 0, 1.0, total)) / P))
    else:
        return total


def kind(p: float) -> int:
    """Return what the functions above call the exponent."""
    return 3 if math.isinf(p) else {1: 1, 2: 2}.get(p, 0)
