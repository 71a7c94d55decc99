"""Bessel functions in float64, since those of torch are off by 1e-7 around 5.

Below `FAR` all orders come from one recurrence downwards (Miller), and those of the second kind from Neumann's series
of them. Above it, Hankel's expansion for large arguments has the precision of float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

FAR = 25.0
"""Argument from which on the expansion for large arguments is used; its smallest term is about exp(-2 x)."""

TINY = 1e-8
"""Argument below which the first term of the power series is the value, and the recurrence would overflow."""


def j0(x: Any) -> Any:
    """Return the Bessel function of the first kind of order 0."""
    return _first(0, np.abs(x))


def j1(x: Any) -> Any:
    """Return the Bessel function of the first kind of order 1."""
    return np.copysign(1.0, x) * _first(1, np.abs(x))


def y0(x: Any) -> Any:
    """Return the Bessel function of the second kind of order 0."""
    return _second(0, x)


def y1(x: Any) -> Any:
    """Return the Bessel function of the second kind of order 1."""
    return _second(1, x)


def jn(n: Any, x: Any) -> Any:
    """Return the Bessel function of the first kind of order n, NaN for negative n."""
    size = np.abs(x)
    previous, current = j0(size), j1(size)
    upwards = np.where(n == 0, previous, current)
    for order in range(1, _largest(n)):
        previous, current = current, 2.0 * order / size * current - previous
        upwards = np.where(n > order, current, upwards)
    top = np.maximum(n, 0)
    low = np.where(size <= top, size, 0.5)
    series = low * low <= 4.0 * (top + 1)
    below = _chosen(top, _downwards(np.where(series, 1.0, low), _largest(n) + 1))
    below = np.where(series, _series(top, np.where(series, low, 0.5)), below)
    result = np.where((n <= 1) | (size > n), upwards, below)
    result = np.where((x < 0) & (n % 2 == 1), -result, result)
    return np.where(n < 0, np.nan, np.where(np.isinf(x), 0.0, np.where(np.isnan(x), np.nan, result)))


def yn(n: Any, x: Any) -> Any:
    """Return the Bessel function of the second kind of order n, NaN for negative n."""
    previous, current = y0(x), y1(x)
    result = np.where(n == 0, previous, current)
    for order in range(1, _largest(n)):
        following = np.where(np.isneginf(current), current, 2.0 * order / x * current - previous)
        previous, current = current, following
        result = np.where(n > order, current, result)
    return np.where((n < 0) | (x < 0), np.nan, np.where(np.isposinf(x), 0.0, result))


def _largest(n: Any) -> int:
    return int(n.max(initial=0))


def _series(n: Any, x: Any) -> Any:
    """Return the functions of the first kind for x that are small beside n, by the power series."""
    term = np.ones_like(x)
    for k in range(1, _largest(n) + 1):
        term = np.where(n >= k, term * (x / 2.0 / k), term)
    total = term
    for k in range(1, 30):
        term = -term * (x * x / 4.0) / (k * (n + k))
        total = total + term
    return total


def _chosen(n: Any, orders: Sequence[Any]) -> Any:
    """Return the element of order n of a sequence of arrays."""
    return np.take_along_axis(np.stack(np.broadcast_arrays(*orders)), np.asarray(n, dtype=np.int64)[None], axis=0)[0]


def _downwards(x: Any, orders: int) -> list[Any]:
    """Return the functions of the first kind of orders 0 to `orders` - 1, for x up to `FAR` or up to the last order."""
    size = np.maximum(x, TINY)
    top = max(orders, int(FAR))
    start = 2 * ((top + 20 + math.isqrt(160 * top)) // 2)
    following, current = np.zeros_like(size), np.full_like(size, 1e-300)
    total, found = np.zeros_like(size), [np.zeros_like(size) for _ in range(orders)]
    for order in range(start, 0, -1):
        following, current = current, 2.0 * order / size * current - following
        scale = np.where(np.abs(current) > 1e200, 1e-300, 1.0)
        following, current, total = following * scale, current * scale, total * scale
        found = [value * scale for value in found] if (scale < 1).any() else found
        if order - 1 < orders:
            found[order - 1] = current
        if order % 2 == 1:
            total = total + (2.0 if order > 1 else 1.0) * current
    return [value / total for value in found]


def _near(function: Callable[[Any], Any], x: Any, order: int, phase: int) -> Any:
    """Use `function` below `FAR`, and Hankel's expansion above it."""
    far = x >= FAR
    return np.where(far, _hankel(np.where(far, x, FAR), order, phase), function(np.where(far, 1.0, x)))


def _first(order: int, x: Any) -> Any:
    small = np.where(order == 0, 1.0, x / 2.0)
    value = _near(lambda near: _downwards(near, 2)[order], x, order, 0)
    return np.where(x < TINY, small, np.where(np.isinf(x), 0.0, np.where(np.isnan(x), x, value)))


def _second(order: int, x: Any) -> Any:
    value = _near(lambda near: _neumann(near, order), np.where(x > 0, x, 1.0), order, 1)
    value = np.where(np.isposinf(x), 0.0, value)
    return np.where(x == 0, -np.inf, np.where((x < 0) | np.isnan(x), np.nan, value))


def _neumann(x: Any, order: int) -> Any:
    """Return the function of the second kind of order 0 or 1, from those of the first kind."""
    first = _downwards(x, 2 * int(FAR) + 20)
    logarithm = (2.0 / math.pi) * (np.log(x / 2.0) + np.euler_gamma)
    terms = range(1, len(first) // 2 - 1)
    if order == 0:
        series = sum((-1.0) ** k * first[2 * k] / k for k in terms)
        return logarithm * first[0] - 4.0 / math.pi * series
    series = sum((-1.0) ** k * (2 * k + 1) * first[2 * k + 1] / (k * (k + 1)) for k in terms)
    lowest = np.where(x < TINY, x / 2.0, first[1])
    return (logarithm - 2.0 / math.pi) * lowest - 2.0 / (math.pi * x) * first[0] - 2.0 / math.pi * series


def _hankel(x: Any, order: int, phase: int) -> Any:
    """Return the function of the first kind (`phase` 0) or second kind (1) for large x."""
    even, odd, term = np.ones_like(x), np.zeros_like(x), np.ones_like(x)
    for k in range(1, 40):
        term = term * (4 * order * order - (2 * k - 1) ** 2) / (8 * k * x)
        sign = (-1.0) ** (k // 2)
        even, odd = (even, odd + sign * term) if k % 2 else (even + sign * term, odd)
    sine, cosine = np.sin(x), np.cos(x)
    # The sine and the cosine of x - pi/4 or x - 3 pi/4, times the square root of 2.
    high, low = (sine - cosine, sine + cosine) if order == 0 else (-sine - cosine, sine - cosine)
    combined = even * high + odd * low if phase else even * low - odd * high
    return combined / np.sqrt(math.pi * x)
