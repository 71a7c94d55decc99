"""Functions of libdevice that neither numpy nor torch has in this form, in float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def _torch(path: str) -> Callable[..., Any]:
    """Return a function of torch, for arrays of numpy."""

    def compute(x: Any) -> Any:
        import torch

        function: Any = torch
        for name in path.split("."):
            function = getattr(function, name)
        return function(torch.tensor(np.ascontiguousarray(x))).numpy()

    compute.__name__ = path.rpartition(".")[2]
    return compute


def _each(function: Callable[[float], float], name: str) -> Callable[..., Any]:
    """Return a function of numbers as one of arrays."""
    compute = np.frompyfunc(function, 1, 1)

    def called(x: Any) -> Any:
        return compute(x).astype(np.float64)

    called.__name__ = name
    return called


bessel_j0, bessel_j1 = _torch("special.bessel_j0"), _torch("special.bessel_j1")
bessel_y0, bessel_y1 = _torch("special.bessel_y0"), _torch("special.bessel_y1")
i0, i1 = _torch("special.i0"), _torch("special.i1")
erfcx, ndtri, erfinv = _torch("special.erfcx"), _torch("special.ndtri"), _torch("erfinv")
erf, erfc = _each(math.erf, "erf"), _each(math.erfc, "erfc")


def _gamma(x: float) -> float:
    if x == 0:
        return math.copysign(math.inf, x)
    if x < 0 and (math.isinf(x) or x == math.floor(x)):
        return math.nan
    try:
        return math.gamma(x)
    except OverflowError:
        return math.inf


def _lgamma(x: float) -> float:
    if math.isinf(x) or (x <= 0 and x == math.floor(x)):
        return math.inf
    try:
        return math.lgamma(x)
    except OverflowError:
        return math.inf


gamma, lgamma = _each(_gamma, "gamma"), _each(_lgamma, "lgamma")


def exp10(x: Any) -> Any:
    """Return 10 to the power x."""
    return np.power(10.0, x)


def power(x: Any, y: Any) -> Any:
    """Return x to the power y, which may be an integer."""
    return np.power(x, y.astype(np.float64))


def fast_power(x: Any, y: Any) -> Any:
    """Return the power as the fast form computes it, which has no powers of negative numbers."""
    return np.exp2(y * np.log2(x))


def rsqrt(x: Any) -> Any:
    """Return the reciprocal of the square root."""
    return 1.0 / np.sqrt(x)


def rcbrt(x: Any) -> Any:
    """Return the reciprocal of the cube root."""
    return 1.0 / np.cbrt(x)


def norm(*terms: Any) -> Any:
    """Return the square root of the sum of squares; infinite where a term is, even beside NaN."""
    infinite, exponent, total = _scaled(terms)
    return np.where(infinite, np.inf, np.ldexp(np.sqrt(total), exponent))


def rnorm(*terms: Any) -> Any:
    """Return the reciprocal of `norm`."""
    infinite, exponent, total = _scaled(terms)
    return np.where(infinite, 0.0, np.ldexp(1.0 / np.sqrt(total), -exponent))


def _scaled(terms: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    """Return where a term is infinite, an exponent, and the sum of the squares of the terms divided by 2 ** exponent."""
    infinite = np.logical_or.reduce([np.isinf(term) for term in terms])
    exponent = np.frexp(np.maximum.reduce([np.abs(term) for term in terms]))[1]
    squares = sorted_sum(*(np.ldexp(term, -exponent) for term in terms))
    return infinite, exponent, squares


def sorted_sum(*terms: Any) -> Any:
    """Return the sum of squares, the smallest first."""
    return np.sort(np.stack([term * term for term in terms], axis=-1), axis=-1).sum(axis=-1)


def sinpi(x: Any) -> Any:
    """Return the sine of pi times x."""
    return _of_pi(x, 0)


def cospi(x: Any) -> Any:
    """Return the cosine of pi times x."""
    return _of_pi(np.abs(x), 1)


def _of_pi(x: Any, quarter: int) -> Any:
    """Return the sine of pi (x + quarter / 2), with what is given to numpy at most pi / 4."""
    turn = np.fmod(x, 2.0)
    halves = np.rint(2.0 * turn)
    angle = np.pi * (turn - halves / 2.0)
    quadrant = np.where(np.isnan(halves), 0, halves).astype(np.int64) + quarter
    sine, cosine = np.sin(angle), np.cos(angle)
    return np.choose(quadrant % 4, [sine, cosine, -sine, -cosine])


def erfcinv(x: Any) -> Any:
    """Return the inverse of erfc."""
    return np.where(x < 0.5, -ndtri(x / 2.0) * math.sqrt(0.5), erfinv(1.0 - x))


def normcdf(x: Any) -> Any:
    """Return the distribution function of the normal distribution."""
    # The part of -x / sqrt(2) that float64 loses would be magnified by x squared.
    argument = np.clip(-x, -40.0, 40.0) * math.sqrt(0.5)
    exact = -np.clip(x, -40.0, 40.0).astype(np.longdouble) * np.sqrt(np.longdouble(0.5))
    lost = (exact - argument).astype(np.float64)
    slope = 2.0 / math.sqrt(math.pi) * np.exp(-argument * argument)
    return 0.5 * (erfc(argument) - lost * slope)


def yn(n: Any, x: Any) -> Any:
    """Return the Bessel function of the second kind of order n, NaN for negative n."""
    previous, current = bessel_y0(x), bessel_y1(x)
    result = np.where(n == 0, previous, current)
    for order in range(1, int(n.max(initial=0))):
        following = np.where(np.isneginf(current), current, 2.0 * order / x * current - previous)
        previous, current = current, following
        result = np.where(n > order, current, result)
    return np.where(n < 0, np.nan, result)


def jn(n: Any, x: Any) -> Any:
    """Return the Bessel function of the first kind of order n, NaN for negative n."""
    size = np.abs(x)
    upwards = np.where(n == 0, bessel_j0(size), bessel_j1(size))
    previous, current = bessel_j0(size), bessel_j1(size)
    for order in range(1, int(n.max(initial=0))):
        previous, current = current, 2.0 * order / size * current - previous
        upwards = np.where(n > order, current, upwards)
    result = np.where((n <= 1) | (size > n), upwards, _downwards(n, size))
    result = np.where((x < 0) & (n % 2 == 1), -result, result)
    return np.where(n < 0, np.nan, np.where(np.isinf(x), 0.0, result))


def _downwards(n: Any, x: Any) -> Any:
    """Return the Bessel functions of the first kind for x up to n, by the recurrence that is stable there (Miller)."""
    top = int(n.max(initial=0))
    start = 2 * ((top + 20 + int(math.sqrt(160 * top))) // 2)
    # A smaller x would overflow; there the first term of the series is all.
    tiny = x < 1e-8
    divisor = np.where(tiny | (x > n), 1.0, x)
    following, current = np.zeros_like(divisor), np.full_like(divisor, 1e-300)
    total, result = np.zeros_like(divisor), np.zeros_like(divisor)
    for order in range(start, 0, -1):
        following, current = current, 2.0 * order / divisor * current - following
        large = np.abs(current) > 1e200
        following, current, total, result = (
            np.where(large, value * 1e-300, value) for value in (following, current, total, result)
        )
        result = np.where(n == order - 1, current, result)
        total = total + (2.0 * current if (order - 1) % 2 == 0 and order > 1 else 0.0)
    series = np.power(x / 2.0, n) / _each(_gamma, "gamma")(n + 1.0)
    return np.where(tiny, series, result / (total + current))
