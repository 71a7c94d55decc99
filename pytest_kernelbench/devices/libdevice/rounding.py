"""Arithmetic under the four rounding modes of IEEE 754, on arrays of float32 or float64.

float32 is computed in float64, with the part that float64 loses kept in its last bit, so that the second rounding sees
it. float64 is computed with fractions, one element after another: exact, slow, and rarely used.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

MODES = ("rn", "rz", "rd", "ru")
"""To nearest, to zero, down, up."""


def rounded(operation: str, mode: str) -> Callable[..., Any]:
    """Return the function for an operation (add, sub, mul, div, rcp, sqrt, fma) under a rounding mode."""

    def compute(*arguments: Any) -> Any:
        if operation == "sub":
            terms = (arguments[0], -arguments[1])
        elif operation == "rcp":
            terms = (np.ones_like(arguments[0]), arguments[0])
        else:
            terms = arguments
        name = {"sub": "add", "rcp": "div"}.get(operation, operation)
        if arguments[0].dtype == np.float32:
            return narrow(_sticky(name, mode, [term.astype(np.float64) for term in terms]), mode)
        exact = np.frompyfunc(lambda *numbers: _exact(name, mode, *numbers), len(terms), 1)
        return exact(*terms).astype(np.float64)

    return compute


def narrow(wide: Any, mode: str) -> Any:
    """Round an array of float64 to float32."""
    near = wide.astype(np.float32)
    if mode == "rn":
        return near
    back = near.astype(np.float64)
    up, down = {"ru": (True, False), "rd": (False, True), "rz": (wide < 0, wide > 0)}[mode]
    near = np.where((back < wide) & up, np.nextafter(near, np.float32(np.inf)), near)
    return np.where((back > wide) & down, np.nextafter(near, np.float32(-np.inf)), near)


def _sticky(name: str, mode: str, terms: list[Any]) -> Any:
    """Return the result of an operation on numbers of float32 in float64, on the same side of all float32 numbers."""
    if name == "div":
        return terms[0] / terms[1]
    if name == "sqrt":
        return np.sqrt(terms[0])
    if name == "mul":
        return terms[0] * terms[1]
    left, right = (terms[0] * terms[1], terms[2]) if name == "fma" else terms
    total = left + right
    # What the sum lost, by Knuth; the products of numbers of float32 are exact.
    part = total - left
    lost = (left - (total - part)) + (right - part)
    even = (np.ascontiguousarray(total).view(np.int64) & 1) == 0
    inexact = np.isfinite(total) & (lost != 0)
    total = np.where(inexact & even, np.nextafter(total, np.copysign(np.inf, lost)), total)
    if mode == "rd":
        total = np.where((total == 0) & (np.signbit(left) | np.signbit(right)), -0.0, total)
    return total


def _exact(name: str, mode: str, *terms: float) -> float:
    """Return the result of an operation on numbers of float64, rounded once."""
    plain = _plain(name, *terms)
    if not all(map(math.isfinite, terms)) or math.isnan(plain) or (name == "div" and terms[1] == 0):
        return plain
    if name == "sqrt":
        return _directed(plain, Fraction(terms[0]), Fraction(plain) ** 2, mode)
    numbers = [Fraction(term) for term in terms]
    if name == "div":
        value = numbers[0] / numbers[1]
    elif name == "mul":
        value = numbers[0] * numbers[1]
    else:
        left, right = (numbers[0] * numbers[1], numbers[2]) if name == "fma" else numbers
        value = left + right
        if not value and mode == "rd":
            signs = [math.copysign(1, term) for term in terms]
            return 0.0 if math.prod(signs[:-1]) > 0 and signs[-1] > 0 else -0.0
    if not value:
        return plain
    try:
        near = value.numerator / value.denominator
    except OverflowError:
        largest = math.nextafter(math.inf, 0)
        inward = mode == "rz" or (mode == "rd" and value > 0) or (mode == "ru" and value < 0)
        return math.copysign(largest if inward else math.inf, 1 if value > 0 else -1)
    return _directed(near, value, Fraction(near), mode)


def _plain(name: str, *terms: float) -> float:
    """Return what numpy computes, for special values and for the signs of zeros."""
    numbers = [np.float64(term) for term in terms]
    if name == "fma":
        product = numbers[0] * numbers[1]
        # A product of finite numbers that overflows is finite, as far as an infinite summand is concerned.
        infinite = np.isinf(numbers[2]) and bool(np.isfinite(numbers[0]) and np.isfinite(numbers[1]))
        return float(numbers[2] if infinite else product + numbers[2])
    if name == "sqrt":
        return float(np.sqrt(numbers[0]))
    operation: Callable[..., Any] = {"add": np.add, "mul": np.multiply, "div": np.divide}[name]
    return float(operation(*numbers))


def _directed(near: float, exact: Fraction, reached: Fraction, mode: str) -> float:
    """Return the neighbour of the nearest number that a mode wants; `reached` is compared with the `exact` value."""
    up = mode == "ru" or (mode == "rz" and exact < 0)
    down = mode == "rd" or (mode == "rz" and exact > 0)
    if up and reached < exact:
        return math.nextafter(near, math.inf)
    if down and reached > exact:
        return math.nextafter(near, -math.inf)
    return near
