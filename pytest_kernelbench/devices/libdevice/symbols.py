"""From a symbol of NVIDIA's or AMD's device library to the function that computes it here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from pytest_kernelbench.devices.libdevice.table import FUNCTIONS, Function

_LIBRARIES = (
    re.compile(r"__nv_(\w+)"),
    re.compile(r"__ocml_(\w+)_f(?:32|64)"),
    re.compile(r"__ockl_(\w+)_u(?:32|64)"),
    re.compile(r"__triton_hip_(\w+)"),
)
"""How the symbols of each library are built."""

_RENAMED = {
    "llabs": "abs", "fabs": "abs", "iabs": "abs", "fast_fdividef": "fast_dividef",
    "clzll": "clz", "popcll": "popc", "popcount": "popc", "brevll": "brev", "ffsll": "ffs",
    "umulhi": "mulhi", "mul64hi": "mulhi", "umul64hi": "mulhi", "umul24": "mul24",
    "usad": "sad", "uhadd": "hadd", "urhadd": "rhadd",
    "isnand": "isnan", "isinfd": "isinf", "isfinited": "isfinite", "finite": "isfinite", "signbitd": "signbit",
    "powi": "pow", "pown": "pow", "i0": "cyl_bessel_i0", "i1": "cyl_bessel_i1",
}  # fmt: skip
"""Symbols that are called unlike their function."""

_ROUNDED = re.compile(r"[fd](add|sub|mul|div|rcp|sqrt|rsqrt)_(r[nzdu])|(fma)f_(r[nzdu])")
"""Arithmetic with a rounding mode, where the first letter or the last one names the dtype."""


@cache
def function_of(symbol: str) -> Function:
    """Return the function that computes a symbol; raises NotImplementedError where there is none."""
    stems = [match[1] for library in _LIBRARIES if (match := library.fullmatch(symbol))]
    if stems:
        stem = stems[0]
        if match := _ROUNDED.fullmatch(stem):
            stem = "_".join(filter(None, match.groups()))
        for name in (stem, stem.removesuffix("f")):
            name = _RENAMED.get(name, name)
            if name in FUNCTIONS:
                return FUNCTIONS[name]
    raise NotImplementedError(f"{symbol} of the device library is not computed in interpreter mode")


def compute(symbol: str, arguments: Sequence[Any], result: Any) -> Any:
    """Return the elementwise result of a symbol on arrays, in the numpy dtype `result`."""
    function = function_of(symbol)
    if function.widened:
        arguments = [data.astype(np.float64) if data.dtype == np.float32 else data for data in arguments]
    with np.errstate(all="ignore"):
        # The declared result of some functions is signed where that of the library is unsigned: the bits are kept.
        return np.asarray(function.compute(*arguments)).astype(result, copy=False)
