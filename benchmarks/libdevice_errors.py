"""Measure the largest error of each function of libdevice as the interpreter computes it, in units in the last place.

    python benchmarks/libdevice_errors.py [--count 2000000] [--precise 20000] [name ...]

Needs scipy and mpmath, which the package itself does not. float32 is compared with numpy or scipy in float64 on
`--count` inputs, half of them between -10 and 10 and half of any magnitude; float64 with mpmath on `--precise` of them.
The output is the rows of the table in docs/libdevice.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import scipy.special as sp

from pytest_kernelbench.devices.libdevice.table import FUNCTIONS

Reference = tuple[int, Callable[..., Any], Callable[..., Any]]
"""Number of arguments, the function in numpy or scipy, the function in mpmath."""


def _norm(*terms: Any) -> Any:
    return np.sqrt(sum(np.asarray(term, dtype=np.longdouble) ** 2 for term in terms))


def _mp_norm(*terms: Any) -> Any:
    return mpmath.sqrt(sum(term * term for term in terms))


def _mp_ndtri(x: Any) -> Any:
    start = mpmath.mpf(float(sp.ndtri(float(x))))
    for _ in range(3):
        start -= (mpmath.ncdf(start) - x) / mpmath.npdf(start)
    return start


def _mp_erfcinv(x: Any) -> Any:
    start = mpmath.mpf(float(sp.erfcinv(float(x))))
    for _ in range(3):
        start += (mpmath.erfc(start) - x) * mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(start * start)
    return start


def _mp_gammaln(x: Any) -> Any:
    return mpmath.log(abs(mpmath.gamma(x))) if abs(x) < 1e8 else mpmath.loggamma(x)


REFERENCES: dict[str, Reference] = {
    "exp": (1, np.exp, mpmath.exp),
    "exp2": (1, np.exp2, lambda x: mpmath.mpf(2) ** x),
    "exp10": (1, lambda x: sp.exp10(x), lambda x: mpmath.mpf(10) ** x),
    "expm1": (1, np.expm1, mpmath.expm1),
    "log": (1, np.log, mpmath.log),
    "log2": (1, np.log2, lambda x: mpmath.log(x) / mpmath.log(2)),
    "log10": (1, np.log10, mpmath.log10),
    "log1p": (1, np.log1p, mpmath.log1p),
    "sin": (1, np.sin, mpmath.sin),
    "cos": (1, np.cos, mpmath.cos),
    "tan": (1, np.tan, mpmath.tan),
    "asin": (1, np.arcsin, mpmath.asin),
    "acos": (1, np.arccos, mpmath.acos),
    "atan": (1, np.arctan, mpmath.atan),
    "atan2": (2, np.arctan2, mpmath.atan2),
    "sinh": (1, np.sinh, mpmath.sinh),
    "cosh": (1, np.cosh, mpmath.cosh),
    "tanh": (1, np.tanh, mpmath.tanh),
    "asinh": (1, np.arcsinh, mpmath.asinh),
    "acosh": (1, np.arccosh, mpmath.acosh),
    "atanh": (1, np.arctanh, mpmath.atanh),
    "sinpi": (1, lambda x: sp.sindg(180.0 * np.fmod(x, 2)), mpmath.sinpi),
    "cospi": (1, lambda x: sp.cosdg(180.0 * np.fmod(x, 2)), mpmath.cospi),
    "sqrt": (1, np.sqrt, mpmath.sqrt),
    "rsqrt": (1, lambda x: x**-0.5, lambda x: 1 / mpmath.sqrt(x)),
    "cbrt": (1, sp.cbrt, lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x))),
    "rcbrt": (1, lambda x: 1 / sp.cbrt(x), lambda x: mpmath.sign(x) / mpmath.cbrt(abs(x))),
    "pow": (2, lambda x, y: np.abs(x.astype(np.longdouble)) ** y, lambda x, y: x**y),
    "hypot": (2, np.hypot, _mp_norm),
    "rhypot": (2, lambda x, y: 1 / np.hypot(x, y), lambda *terms: 1 / _mp_norm(*terms)),
    "norm3d": (3, _norm, _mp_norm),
    "rnorm3d": (3, lambda *terms: 1 / _norm(*terms), lambda *terms: 1 / _mp_norm(*terms)),
    "norm4d": (4, _norm, _mp_norm),
    "rnorm4d": (4, lambda *terms: 1 / _norm(*terms), lambda *terms: 1 / _mp_norm(*terms)),
    "erf": (1, sp.erf, mpmath.erf),
    "erfc": (1, sp.erfc, mpmath.erfc),
    "erfcx": (1, sp.erfcx, lambda x: mpmath.exp(x * x) * mpmath.erfc(x)),
    "erfinv": (1, sp.erfinv, mpmath.erfinv),
    "erfcinv": (1, sp.erfcinv, _mp_erfcinv),
    "normcdf": (1, sp.ndtr, mpmath.ncdf),
    "normcdfinv": (1, sp.ndtri, _mp_ndtri),
    "lgamma": (1, sp.gammaln, _mp_gammaln),
    "tgamma": (1, sp.gamma, mpmath.gamma),
    "j0": (1, sp.j0, mpmath.j0),
    "j1": (1, sp.j1, mpmath.j1),
    "y0": (1, sp.y0, lambda x: mpmath.bessely(0, x)),
    "y1": (1, sp.y1, lambda x: mpmath.bessely(1, x)),
    "jn": (2, sp.jv, mpmath.besselj),
    "yn": (2, sp.yn, mpmath.bessely),
    "cyl_bessel_i0": (1, sp.i0, lambda x: mpmath.besseli(0, x)),
    "cyl_bessel_i1": (1, sp.i1, lambda x: mpmath.besseli(1, x)),
}  # fmt: skip
"""The functions that are not exact; the fast forms are computed like the others."""

DOMAINS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("asin", "acos", "atanh", "erfinv"), (-1.0, 1.0)),
    **dict.fromkeys(("log", "log2", "log10", "sqrt", "rsqrt", "y0", "y1", "yn", "pow"), (0.0, np.inf)),
    **dict.fromkeys(("j0", "j1", "y0", "y1", "jn", "yn"), (0.0, 100.0)),
    "acosh": (1.0, np.inf), "log1p": (-1.0, np.inf), "erfcinv": (0.0, 2.0), "normcdfinv": (0.0, 1.0),
    **dict.fromkeys(("sin", "cos", "tan", "sinpi", "cospi"), (-1e5, 1e5)),
    "lgamma": (-2.25, np.inf), "tgamma": (-20.0, 172.0),
}  # fmt: skip
"""Where a function is defined, or where its error is of interest."""

OSCILLATING = ("j0", "j1", "y0", "y1", "jn", "yn")
"""Functions whose error in float64 is absolute, or relative to values above 1: near a zero no unit would be fair."""


def inputs(name: str, dtype: Any, count: int) -> list[Any]:
    """Return random arguments of a function."""
    random = np.random.default_rng(20)
    low, high = DOMAINS.get(name, (-np.inf, np.inf))
    span = 9 if dtype == np.float32 else 60
    arguments = []
    for _ in range(REFERENCES[name][0]):
        near = random.uniform(max(low, -10.0), min(high, 10.0), count - count // 2)
        size = np.exp(random.uniform(-span, span, count // 2)) * random.choice([-1.0, 1.0], count // 2)
        numbers = np.concatenate([near, size]).astype(dtype)
        numbers = numbers[(numbers > low) & (numbers < high)]
        arguments.append(np.resize(numbers, count))
    if name in ("jn", "yn"):
        arguments[0] = random.integers(0, 32, count).astype(np.int32)
    return arguments


def computed(name: str, arguments: list[Any], dtype: Any) -> Any:
    """Return what the interpreter computes."""
    function = FUNCTIONS[name]
    wide = [data.astype(np.float64) if data.dtype == np.float32 else data for data in arguments]
    return np.asarray(function.compute(*wide)).astype(dtype)


def units(found: Any, wanted: Any, dtype: Any) -> Any:
    """Return errors in units in the last place of what is wanted; 0 where that overflows or is denormal."""
    limits = np.finfo(dtype)
    with np.errstate(all="ignore"):
        size = np.abs(wanted.astype(np.longdouble))
        ordinary = (size >= limits.tiny) & (size <= limits.max)
        spacing = np.spacing(np.where(ordinary, size, 1).astype(dtype)).astype(np.longdouble)
        return np.where(ordinary, np.abs(found.astype(np.longdouble) - wanted) / spacing, 0)


def precise(name: str, arguments: list[Any]) -> Any:
    """Return what mpmath computes, as the sum of two float64."""
    function = REFERENCES[name][2]
    result = []
    with mpmath.workdps(40):
        for numbers in zip(*(data.tolist() for data in arguments), strict=True):
            value = function(*map(mpmath.mpf, numbers))
            value = value.real if isinstance(value, mpmath.mpc) else value
            high = float(value) if mpmath.isfinite(value) and abs(value) < mpmath.mpf(2) ** 1024 else np.inf
            low = float(value - high) if np.isfinite(high) else 0.0
            result.append(np.longdouble(high) + np.longdouble(low))
    return np.array(result)


def narrow_error(name: str, count: int) -> float:
    """Return the largest error in float32."""
    arguments = inputs(name, np.float32, count)
    wide = [data.astype(np.float64) if data.dtype == np.float32 else data for data in arguments]
    wanted = np.asarray(REFERENCES[name][1](*wide))
    return float(units(computed(name, arguments, np.float32), wanted, np.float32).max())


def wide_error(name: str, count: int) -> str:
    """Return the largest error in float64, as a text."""
    arguments = inputs(name, np.float64, count)
    found, wanted = computed(name, arguments, np.float64), precise(name, arguments)
    if name in OSCILLATING:
        error = np.abs(found.astype(np.longdouble) - wanted) / np.maximum(1, np.abs(wanted))
        return f"{float(np.nanmax(error)):.0e} absolute"
    return f"{float(units(found, wanted, np.float64).max()):.2f}"


def main() -> None:
    """Print a row for each function: its largest errors in float32 and float64."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000_000)
    parser.add_argument("--precise", type=int, default=20_000)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    np.seterr(all="ignore")
    for name in options.names or REFERENCES:
        print(f"| `{name}` | {narrow_error(name, options.count):.2f} | {wide_error(name, options.precise)}", flush=True)


if __name__ == "__main__":
    main()
