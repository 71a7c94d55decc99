"""Functions of libdevice against Python's own: an independent way for each, on random and on special values."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pytest_kernelbench.devices.libdevice.symbols import compute

INF, NAN = math.inf, math.nan
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -2.5, 1e-40, -1e-40, 3e38, -3e38, INF, -INF, NAN]


def single(*numbers: float) -> Any:
    return np.array(numbers, dtype=np.float32)


def double(*numbers: float) -> Any:
    return np.array(numbers, dtype=np.float64)


def same(found: Any, wanted: Any) -> bool:
    """Whether two arrays have the same values, NaN and signs of zeros included."""
    signs = (np.signbit(found) == np.signbit(wanted)) | np.isnan(wanted)
    return bool(np.array_equal(found, wanted, equal_nan=True) and signs.all())


REAL: dict[str, tuple[Callable[..., float], float, float]] = {
    "exp": (math.exp, -80, 80), "exp2": (lambda x: 2.0**x, -120, 120), "exp10": (lambda x: 10.0**x, -30, 30),
    "expm1": (math.expm1, -80, 80), "log": (math.log, 1e-30, 1e30), "log2": (math.log2, 1e-30, 1e30),
    "log10": (math.log10, 1e-30, 1e30), "log1p": (math.log1p, -0.9, 1e6), "sin": (math.sin, -50, 50),
    "cos": (math.cos, -50, 50), "tan": (math.tan, -50, 50), "asin": (math.asin, -1, 1), "acos": (math.acos, -1, 1),
    "atan": (math.atan, -50, 50), "sinh": (math.sinh, -50, 50), "cosh": (math.cosh, -50, 50),
    "tanh": (math.tanh, -9, 9), "asinh": (math.asinh, -50, 50), "acosh": (math.acosh, 1, 1e6),
    "atanh": (math.atanh, -0.999, 0.999), "sqrt": (math.sqrt, 0, 1e30), "rsqrt": (lambda x: x**-0.5, 1e-20, 1e20),
    "cbrt": (lambda x: math.copysign(abs(x) ** (1 / 3), x), -1e20, 1e20),
    "rcbrt": (lambda x: math.copysign(abs(x) ** (-1 / 3), x), 1e-10, 1e20),
    "sinpi": (lambda x: math.sin(math.pi * math.remainder(x, 2)), -40, 40),
    "cospi": (lambda x: math.cos(math.pi * math.remainder(x, 2)), -40, 40),
    "erf": (math.erf, -5, 5), "erfc": (math.erfc, -5, 9), "lgamma": (math.lgamma, 3, 1e6),
    "erfcx": (lambda x: math.exp(x * x) * math.erfc(x), -5, 5), "tgamma": (math.gamma, -20.3, 30),
    "normcdf": (lambda x: 0.5 * math.erfc(-x * math.sqrt(0.5)), -9, 9),
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_elementary_functions_agree_with_pythons(name: str) -> None:
    function, low, high = REAL[name]
    x = np.random.default_rng(1).uniform(low, high, 2000)
    wanted = np.array([function(value) for value in x.astype(np.float32).astype(float)])
    found = compute(f"__nv_{name}f", [x.astype(np.float32)], np.dtype(np.float32))
    assert found.dtype == np.float32
    assert np.allclose(found, wanted, rtol=1.3e-7, atol=1e-14)
    found = compute(f"__nv_{name}", [x], np.dtype(np.float64))
    assert np.allclose(found, [function(value) for value in x], rtol=3e-13, atol=1e-14)


@pytest.mark.parametrize(
    ("inverse", "function", "low", "high"),
    [
        ("erfinv", math.erf, -0.99999, 0.99999),
        ("erfcinv", math.erfc, 1e-30, 1.99999),
        ("normcdfinv", lambda x: 0.5 * math.erfc(-x * math.sqrt(0.5)), 1e-30, 0.99999),
    ],
)
def test_inverses_undo_their_function(inverse: str, function: Any, low: float, high: float) -> None:
    x = np.geomspace(1e-30, high, 500) if low > 0 else np.linspace(low, high, 500)
    found = compute(f"__nv_{inverse}", [x], np.dtype(np.float64))
    assert np.allclose([function(value) for value in found], x, rtol=1e-12, atol=1e-300)


def integral(order: int, x: float) -> float:
    """Return the Bessel function of the first kind as the mean of cos(order t - x sin t)."""
    t = (np.arange(400) + 0.5) * math.pi / 400
    return float(np.cos(order * t - x * np.sin(t)).mean())


@pytest.mark.parametrize("order", [0, 1, 2, 7, 40])
def test_bessel_functions_of_the_first_kind(order: int) -> None:
    x = np.concatenate([np.linspace(-60, 60, 500), [1e-9, 24.999, 25.0]])
    wanted = [integral(order, value) for value in x]
    n = np.full(x.shape, order, dtype=np.int32)
    assert np.allclose(compute("__nv_jn", [n, x], np.dtype(np.float64)), wanted, rtol=0, atol=1e-14)
    if order < 2:
        assert np.allclose(compute(f"__nv_j{order}", [x], np.dtype(np.float64)), wanted, rtol=0, atol=1e-14)


def test_bessel_functions_of_the_second_kind_satisfy_the_wronskian() -> None:
    x = np.concatenate([np.geomspace(1e-6, 200, 500), [24.999, 25.0]])
    result = np.dtype(np.float64)
    for order in (0, 1, 5):
        n = np.full(x.shape, order, dtype=np.int32)
        values = [compute(f"__nv_{kind}n", [n + step, x], result) for kind in "jy" for step in (0, 1)]
        wronskian = values[1] * values[2] - values[0] * values[3]
        assert np.allclose(wronskian * math.pi * x / 2, 1, rtol=1e-11)
    assert np.allclose(compute("__nv_y0", [double(0.5, 1, 10, 30)], result),
                       [-0.4445187335067066, 0.08825696421567696, 0.05567116728359939, -0.1172957293166622],
                       rtol=1e-13)  # fmt: skip


def test_bessel_functions_of_special_values() -> None:
    x, n = double(0.0, INF, -INF, NAN, -1.0), np.full(5, 3, dtype=np.int32)
    result = np.dtype(np.float64)
    assert same(compute("__nv_j0", [x], result)[:4], double(1, 0, 0, NAN))
    assert same(np.abs(compute("__nv_jn", [n, x], result)[:4]), double(0, 0, 0, NAN))
    for name, arguments in (("y0", [x]), ("y1", [x]), ("yn", [n, x])):
        assert same(compute(f"__nv_{name}", arguments, result), double(-INF, 0, NAN, NAN, NAN))
    assert np.isnan(compute("__nv_jn", [-n, x], result)).all()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("__nv_floorf", [0, -0.0, 1, -1, 0, 2, -3, 0, -1, 3e38, -3e38, INF, -INF, NAN]),
        ("__nv_ceilf", [0, -0.0, 1, -1, 1, 3, -2, 1, -0.0, 3e38, -3e38, INF, -INF, NAN]),
        ("__nv_truncf", [0, -0.0, 1, -1, 0, 2, -2, 0, -0.0, 3e38, -3e38, INF, -INF, NAN]),
        ("__nv_rintf", [0, -0.0, 1, -1, 0, 2, -2, 0, -0.0, 3e38, -3e38, INF, -INF, NAN]),
        ("__nv_roundf", [0, -0.0, 1, -1, 1, 3, -3, 0, -0.0, 3e38, -3e38, INF, -INF, NAN]),
        ("__nv_saturatef", [0, 0, 1, 0, 0.5, 1, 0, 1e-40, 0, 1, 0, 1, 0, 0]),
        ("__nv_logbf", [-INF, -INF, 0, 0, -1, 1, 1, -133, -133, 127, 127, INF, INF, NAN]),
        ("__nv_erff", [0, -0.0, None, None, None, None, None, None, None, 1, -1, 1, -1, NAN]),
        ("__nv_tgammaf", [INF, -INF, 1, NAN, None, None, None, INF, -INF, INF, NAN, INF, NAN, NAN]),
        ("__nv_lgammaf", [INF, INF, 0, INF, None, None, None, None, None, None, INF, INF, INF, NAN]),
        ("__nv_rsqrtf", [INF, -INF, 1, NAN, None, None, NAN, None, NAN, None, NAN, 0, NAN, NAN]),
        ("__nv_erfcinvf", [INF, INF, 0, NAN, None, NAN, NAN, None, NAN, NAN, NAN, NAN, NAN, NAN]),
        ("__nv_normcdff", [0.5, 0.5, None, None, None, None, None, 0.5, 0.5, 1, 0, 1, 0, NAN]),
        ("__nv_erfcxf", [1, 1, None, None, None, None, None, 1, 1, None, INF, 0, INF, NAN]),
        ("__nv_sinpif", [0, -0.0, 0, -0.0, 1, 1, -1, None, None, 0, -0.0, NAN, NAN, NAN]),
        ("__nv_cospif", [1, 1, -1, -1, 0, 0, 0, 1, 1, 1, 1, NAN, NAN, NAN]),
    ],
)
def test_special_values(name: str, wanted: list[float | None]) -> None:
    found = compute(name, [single(*SPECIAL)], np.dtype(np.float32))
    for x, value, expected in zip(SPECIAL, found, wanted, strict=True):
        if expected is not None:
            assert value == pytest.approx(np.float32(expected), abs=1e-15, rel=0, nan_ok=True), f"at {x}"


def test_classes_of_numbers() -> None:
    x = single(*SPECIAL)
    result = np.dtype(np.int32)
    assert compute("__nv_signbitf", [x], result).tolist() == [0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0]
    assert compute("__nv_isinff", [x], result).tolist() == [0] * 11 + [1, 1, 0]
    assert compute("__nv_isnanf", [x], result).tolist() == [0] * 13 + [1]
    assert compute("__nv_finitef", [x], result).tolist() == [1] * 11 + [0] * 3
    low, high = -(2**31), 2**31 - 1
    wanted = [low, low, 0, 0, -1, 1, 1, -133, -133, 127, 127, high, high, low]
    assert compute("__nv_ilogbf", [x], result).tolist() == wanted


def test_norms_of_what_would_overflow_or_vanish() -> None:
    huge, tiny = double(1e300, 3e-320, INF, NAN, 0.0), double(1e300, 4e-320, NAN, 1.0, 0.0)
    result = np.dtype(np.float64)
    assert np.allclose(compute("__nv_hypot", [huge, tiny], result)[:2], [math.sqrt(2) * 1e300, 5e-320], rtol=1e-3)
    assert same(compute("__nv_hypot", [huge, tiny], result)[2:], double(INF, NAN, 0))
    assert same(compute("__nv_rhypot", [huge, tiny], result)[2:], double(0, NAN, INF))
    threes = [double(2.0), double(3.0), double(6.0)]
    assert compute("__nv_norm3d", threes, result)[0] == 7
    assert compute("__nv_rnorm4d", [*threes, double(0.0)], result)[0] == pytest.approx(1 / 7)


def test_the_fast_power_has_no_powers_of_negative_numbers() -> None:
    assert np.isnan(compute("__nv_fast_powf", [single(-2), single(2)], np.dtype(np.float32))[0])
    assert compute("__nv_powf", [single(-2), single(2)], np.dtype(np.float32))[0] == 4
    assert compute("__nv_powif", [single(-2), np.array([3], np.int32)], np.dtype(np.float32))[0] == -8


def test_remainders_and_differences() -> None:
    x, y = single(5, -5, 7, INF, 1, 2, 0), single(3, 3, 2, 1, 0, INF, NAN)
    result = np.dtype(np.float32)
    assert same(compute("__nv_fmodf", [x, y], result), single(2, -2, 1, NAN, NAN, 2, NAN))
    assert same(compute("__nv_remainderf", [x, y], result), single(-1, 1, -1, NAN, NAN, 2, NAN))
    assert same(compute("__nv_fdimf", [x, y], result), single(2, 0, 5, INF, 1, 0, NAN))


def exactly(operation: str, *terms: float) -> Fraction:
    a, *rest = (Fraction(term) for term in terms)
    results: dict[str, Callable[[], Fraction]] = {
        "add": lambda: a + rest[0],
        "sub": lambda: a - rest[0],
        "mul": lambda: a * rest[0],
        "div": lambda: a / rest[0],
        "rcp": lambda: 1 / a,
        "fma": lambda: a * rest[0] + rest[1],
    }
    return results[operation]()


@pytest.mark.parametrize("letter", ["f", "d"])
@pytest.mark.parametrize("operation", ["add", "sub", "mul", "div", "rcp", "fma"])
def test_arithmetic_is_rounded_once_in_each_direction(operation: str, letter: str) -> None:
    dtype = np.dtype(np.float32 if letter == "f" else np.float64)
    random = np.random.default_rng(3)
    count = {"rcp": 1, "fma": 3}.get(operation, 2)
    span = 30 if letter == "f" else 200
    terms = [(random.normal(size=300) * 2.0 ** random.integers(-span, span, 300)).astype(dtype) for _ in range(count)]
    stem = f"{operation}f" if operation == "fma" and letter == "f" else operation
    prefix = "" if operation == "fma" else letter
    found = {mode: compute(f"__nv_{prefix}{stem}_{mode}", terms, dtype) for mode in ("rn", "rz", "rd", "ru")}
    for index, numbers in enumerate(zip(*(term.tolist() for term in terms), strict=True)):
        exact = exactly(operation, *numbers)
        below, above = (Fraction(float(found[mode][index])) for mode in ("rd", "ru"))
        assert below <= exact <= above
        assert below == above or np.nextafter(found["rd"][index], dtype.type(INF)) == found["ru"][index]
        assert found["rz"][index] == found["rd" if exact > 0 else "ru"][index]
        assert abs(Fraction(float(found["rn"][index])) - exact) == min(exact - below, above - exact)


@pytest.mark.parametrize("letter", ["f", "d"])
def test_roots_are_rounded_in_each_direction(letter: str) -> None:
    dtype = np.dtype(np.float32 if letter == "f" else np.float64)
    x = np.random.default_rng(4).uniform(0, 100, 200).astype(dtype)
    down, up = (compute(f"__nv_{letter}sqrt_{mode}", [x], dtype) for mode in ("rd", "ru"))
    for value, low, high in zip(x.tolist(), down.tolist(), up.tolist(), strict=True):
        assert Fraction(low) ** 2 <= Fraction(value) <= Fraction(high) ** 2
    assert ((up == down) | (np.nextafter(down, dtype.type(INF)) == up)).all()


def test_directed_arithmetic_of_special_values() -> None:
    large, result = double(1.7e308), np.dtype(np.float64)
    assert compute("__nv_dadd_rn", [large, large], result)[0] == INF
    assert compute("__nv_dadd_rz", [large, large], result)[0] == np.finfo(np.float64).max
    assert compute("__nv_dmul_rd", [-large, large], result)[0] == -INF
    for letter, one in (("f", single(1)), ("d", double(1))):
        assert same(compute(f"__nv_{letter}sub_rd", [one, one], one.dtype), -0 * -one)
        assert same(compute(f"__nv_{letter}sub_ru", [one, one], one.dtype), 0 * one)
        assert same(compute(f"__nv_{letter}div_ru", [one, 0 * one], one.dtype), one * INF)
        assert np.isnan(compute(f"__nv_{letter}sqrt_rd", [-one], one.dtype)[0])
    assert compute("__nv_fma_rn", [large, large, double(-INF)], result)[0] == -INF
    assert compute("__nv_fadd_ru", [single(3e38), single(-INF)], np.dtype(np.float32))[0] == -INF
