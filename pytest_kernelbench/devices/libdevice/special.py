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


i0, i1 = _torch("special.i0"), _torch("special.i1")
ndtri, erfinv, lgamma = _torch("special.ndtri"), _torch("erfinv"), _torch("lgamma")
_erfcx = _torch("special.erfcx")
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


gamma = _each(_gamma, "gamma")


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
    """Return where a term is infinite, an exponent, and the sum of squares of the terms over 2 ** exponent."""
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


def erfcx(x: Any) -> Any:
    """Return exp(x * x) erfc(x)."""
    # For negative x the rounding of x * x would be magnified; it is known exactly from the halves of x (Dekker).
    near = np.clip(x, -30.0, 0.0)
    high = (near * 134217729.0) - (near * 134217729.0 - near)
    low = near - high
    square = near * near
    lost = ((high * high - square) + 2.0 * high * low) + low * low
    return np.where(x < 0, 2.0 * np.exp(square) * (1.0 + lost) - _erfcx(-near), _erfcx(x))


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
