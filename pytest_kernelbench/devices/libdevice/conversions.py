"""Conversions between numbers under a rounding mode, and between numbers and their bits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from pytest_kernelbench.devices.libdevice.rounding import MODES, narrow

_ROUND: dict[str, Callable[..., Any]] = {"rn": np.rint, "rz": np.trunc, "rd": np.floor, "ru": np.ceil}
"""To a whole number."""

_INTEGERS = {"int": np.int32, "uint": np.uint32, "ll": np.int64, "ull": np.uint64}
"""The integers of CUDA."""


def to_integer(x: Any, name: str, mode: str) -> Any:
    """Round to an integer; what is too large becomes the largest, and NaN what the GPU's instruction makes of it."""
    dtype: Any = np.dtype(_INTEGERS[name])
    limits = np.iinfo(dtype)
    whole = _ROUND[mode](x.astype(np.float64))
    # The largest integer of 64 bits is no float64: its successor, a power of two, is.
    above, below = whole >= float(limits.max) + (dtype.itemsize == 4), whole <= float(limits.min)
    inside = np.where(above | below | np.isnan(whole), 0.0, whole).astype(dtype)
    nan = 0 if x.dtype == np.float32 and dtype.itemsize == 4 else 1 << (8 * dtype.itemsize - 1)
    found = np.where(above, limits.max, np.where(below, limits.min, inside)).astype(dtype)
    return np.where(np.isnan(whole), np.array(nan, dtype=f"u{dtype.itemsize}").astype(dtype), found)


def to_float(x: Any, dtype: Any, mode: str) -> Any:
    """Round an integer to a float."""
    near = x.astype(dtype)
    if mode == "rn":
        return near
    limits = np.iinfo(x.dtype)
    # A float that is a power of two above all integers is larger than any of them.
    above = near.astype(np.float64) >= float(limits.max) + (x.itemsize == 4)
    back = np.where(above, 0, near).astype(x.dtype)
    larger, smaller = above | (back > x), ~above & (back < x)
    down = {"rd": larger, "ru": False, "rz": larger & (x > 0)}[mode]
    up = {"ru": smaller, "rd": False, "rz": smaller & (x < 0)}[mode]
    near = np.where(down, np.nextafter(near, dtype(-np.inf)), near)
    return np.where(up, np.nextafter(near, dtype(np.inf)), near)


def _numbers() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for mode in MODES:
        found[f"double2float_{mode}"] = partial(narrow, mode=mode)
        for integer in _INTEGERS:
            for real, dtype in (("float", np.float32), ("double", np.float64)):
                found[f"{real}2{integer}_{mode}"] = partial(to_integer, name=integer, mode=mode)
                found[f"{integer}2{real}_{mode}"] = partial(to_float, dtype=dtype, mode=mode)
    for name, rounding in (("llrint", "rn"), ("llround", "away")):
        found[name] = partial(_to_long, mode=rounding)
    return found


def _to_long(x: Any, mode: str) -> Any:
    from pytest_kernelbench.devices.libdevice.pieces import away

    return to_integer(away(x), "ll", "rz") if mode == "away" else to_integer(x, "ll", mode)


def _seen_as(dtype: Any) -> Callable[..., Any]:
    return lambda x: np.ascontiguousarray(x).view(dtype)


def _joined(high: Any, low: Any) -> Any:
    bits = (high.astype(np.int64) << 32) | (low.astype(np.int64) & 0xFFFFFFFF)
    return bits.view(np.float64)


def _half(x: Any, shift: int) -> Any:
    return (np.ascontiguousarray(x).view(np.int64) >> shift).astype(np.int32)


NUMBERS: dict[str, Callable[..., Any]] = _numbers()
"""Conversions that keep the value, as far as the dtype can."""

BITS: dict[str, Callable[..., Any]] = {
    "int_as_float": _seen_as(np.float32),
    "uint_as_float": _seen_as(np.float32),
    "float_as_int": _seen_as(np.int32),
    "float_as_uint": _seen_as(np.int32),
    "longlong_as_double": _seen_as(np.float64),
    "double_as_longlong": _seen_as(np.int64),
    "hiloint2double": _joined,
    "double2hiint": partial(_half, shift=32),
    "double2loint": partial(_half, shift=0),
}
"""Conversions that keep the bits."""
