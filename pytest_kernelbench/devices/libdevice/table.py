"""Every function of Triton's libdevice: what computes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pytest_kernelbench.devices.libdevice import bessel, conversions, integers, pieces, special
from pytest_kernelbench.devices.libdevice.rounding import MODES, rounded


@dataclass(frozen=True, slots=True)
class Function:
    """How one function is computed."""

    compute: Callable[..., Any]
    """From the arrays of its arguments to the array of its result."""
    how: str
    """What computes it, as the docs say."""
    widened: bool = True
    """Whether float32 arguments are computed with in float64, and the result is rounded to float32."""


def _wide(how: str, **functions: Callable[..., Any]) -> dict[str, Function]:
    """Functions that are computed in float64; `{}` in `how` is the name of the Python function."""
    return {name: Function(function, how.format(_name(function))) for name, function in functions.items()}


def _exact(how: str, **functions: Callable[..., Any]) -> dict[str, Function]:
    """Functions whose result is exact in the dtype of the arguments."""
    return {
        name: Function(function, how.format(_name(function)), widened=False) for name, function in functions.items()
    }


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", ""))


def _arithmetic() -> dict[str, Function]:
    """Arithmetic under each rounding mode."""
    operations = ("add", "sub", "mul", "div", "rcp", "sqrt", "fma")
    found = {
        f"{operation}_{mode}": Function(rounded(operation, mode), "exact, then rounded", widened=False)
        for operation in operations
        for mode in MODES
    }
    return {**found, "fma": found["fma_rn"], "rsqrt_rn": Function(special.rsqrt, "numpy.sqrt")}


FUNCTIONS: Mapping[str, Function] = {
    **_wide(
        "numpy.{}",
        exp=np.exp, exp2=np.exp2, expm1=np.expm1, log=np.log, log2=np.log2, log10=np.log10, log1p=np.log1p,
        sin=np.sin, cos=np.cos, tan=np.tan, asin=np.arcsin, acos=np.arccos, atan=np.arctan, atan2=np.arctan2,
        sinh=np.sinh, cosh=np.cosh, tanh=np.tanh, asinh=np.arcsinh, acosh=np.arccosh, atanh=np.arctanh,
        sqrt=np.sqrt, cbrt=np.cbrt,
        fast_sinf=np.sin, fast_cosf=np.cos, fast_tanf=np.tan, fast_logf=np.log, fast_log2f=np.log2,
        fast_log10f=np.log10, fast_expf=np.exp, fast_tanhf=np.tanh, fast_dividef=np.divide,
    ),
    **_wide("numpy.power", exp10=special.exp10, fast_exp10f=special.exp10, pow=special.power),
    **_wide("numpy.exp2 and log2", fast_powf=special.fast_power),
    **_wide("numpy.sqrt", rsqrt=special.rsqrt),
    **_wide("numpy.cbrt", rcbrt=special.rcbrt),
    **_wide("numpy.sin and cos, reduced", sinpi=special.sinpi, cospi=special.cospi),
    **_wide("numpy.sqrt, scaled", hypot=special.norm, norm3d=special.norm, norm4d=special.norm,
            rhypot=special.rnorm, rnorm3d=special.rnorm, rnorm4d=special.rnorm),
    **_wide("torch.special.{}", cyl_bessel_i0=special.i0, cyl_bessel_i1=special.i1, normcdfinv=special.ndtri),
    **_wide("torch.special.erfcx, exp for negative x", erfcx=special.erfcx),
    **_wide("recurrence downwards, Hankel's expansion", j0=bessel.j0, j1=bessel.j1, jn=bessel.jn),
    **_wide("Neumann's series, Hankel's expansion", y0=bessel.y0, y1=bessel.y1, yn=bessel.yn),
    **_wide("math.{}", erf=special.erf, erfc=special.erfc, tgamma=special.gamma),
    **_wide("torch.{}", erfinv=special.erfinv, lgamma=special.lgamma),
    **_wide("torch.erfinv and torch.special.ndtri", erfcinv=special.erfcinv),
    **_wide("math.erfc", normcdf=special.normcdf),
    **_exact(
        "numpy.{}",
        abs=np.abs, floor=np.floor, ceil=np.ceil, trunc=np.trunc, rint=np.rint, nearbyint=np.rint,
        copysign=np.copysign, nextafter=np.nextafter, ldexp=np.ldexp, scalbn=np.ldexp, fmod=np.fmod,
        isnan=np.isnan, isinf=np.isinf, isfinite=np.isfinite, signbit=np.signbit,
    ),
    **_exact("math.remainder", remainder=pieces.remainder),
    **_exact("numpy.trunc", round=pieces.away),
    **_exact("numpy.frexp", ilogb=pieces.ilogb, logb=pieces.logb),
    **_exact("numpy.clip", saturatef=pieces.saturate),
    **_exact("numpy.subtract", fdim=pieces.fdim),
    **_exact("reciprocal, upper 32 bits", rcp64h=pieces.rcp64h),
    **_exact(
        "bits",
        clz=integers.clz, popc=integers.popc, ffs=integers.ffs, brev=integers.brev, byte_perm=integers.byte_perm,
        mulhi=integers.mulhi, mul24=integers.mul24, sad=integers.sad, hadd=integers.hadd, rhadd=integers.rhadd,
    ),
    **_arithmetic(),
    **{name: Function(function, "exact, then rounded", widened=False)
       for name, function in conversions.NUMBERS.items()},
    **{name: Function(function, "numpy.ndarray.view", widened=False) for name, function in conversions.BITS.items()},
}  # fmt: skip
"""All functions, by their name in Triton; the rounding mode is part of the name, the dtype is not."""
