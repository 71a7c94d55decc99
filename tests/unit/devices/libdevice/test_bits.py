"""Integer functions and conversions of libdevice against Python's integers and fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pytest_kernelbench.devices.libdevice.symbols import compute, function_of

EDGES = [0, 1, -1, 2, 3, -2, 2**31 - 1, -(2**31), 0x55AA, 255, -256, 12345678]
INT32, INT64 = np.dtype(np.int32), np.dtype(np.int64)


def integers(bits: int, signed: bool, seed: int = 0) -> Any:
    """Return edges and random integers of a width."""
    dtype = np.dtype(f"{'i' if signed else 'u'}{bits // 8}")
    limits = np.iinfo(dtype)
    random = np.random.default_rng(seed).integers(limits.min, limits.max, 200, dtype=dtype, endpoint=True)
    edges = np.array([limits.min, limits.max], dtype=dtype)
    return np.concatenate([np.array(EDGES, dtype=np.int64).astype(dtype), edges, random])


@pytest.mark.parametrize(("bits", "suffix"), [(32, ""), (64, "ll")])
def test_bits_are_counted_and_turned(bits: int, suffix: str) -> None:
    x = integers(bits, signed=True)
    patterns = [f"{value & (1 << bits) - 1:0{bits}b}" for value in x.tolist()]
    assert compute(f"__nv_popc{suffix}", [x], INT32).tolist() == [each.count("1") for each in patterns]
    assert compute(f"__nv_clz{suffix}", [x], INT32).tolist() == [len(each) - len(each.lstrip("0")) for each in patterns]
    assert compute(f"__nv_ffs{suffix}", [x], INT32).tolist() == [
        bits - each.rfind("1") if "1" in each else 0 for each in patterns
    ]
    turned = compute(f"__nv_brev{suffix}", [x], x.dtype).astype(f"u{bits // 8}")
    assert turned.tolist() == [int(each[::-1], 2) for each in patterns]


@pytest.mark.parametrize(("symbol", "bits", "signed"), [("mulhi", 32, True), ("umulhi", 32, False),
                                                        ("mul64hi", 64, True), ("umul64hi", 64, False)])  # fmt: skip
def test_the_upper_half_of_a_product(symbol: str, bits: int, signed: bool) -> None:
    x, y = integers(bits, signed), integers(bits, signed, 1)[::-1]
    found = compute(f"__nv_{symbol}", [x, y], x.dtype)
    assert found.tolist() == [(a * b) >> bits for a, b in zip(x.tolist(), y.tolist(), strict=True)]


def test_other_arithmetic_of_integers() -> None:
    x, y, z = integers(32, True), integers(32, True, 1)[::-1], integers(32, True, 2)
    pairs = list(zip(x.tolist(), y.tolist(), strict=True))
    assert compute("__nv_hadd", [x, y], INT32).tolist() == [(a + b) >> 1 for a, b in pairs]
    assert compute("__nv_rhadd", [x, y], INT32).tolist() == [(a + b + 1) >> 1 for a, b in pairs]
    sums = [abs(a - b) + c for (a, b), c in zip(pairs, z.view(np.uint32).tolist(), strict=True)]
    found = compute("__nv_sad", [x, y, z.view(np.uint32)], INT32)
    assert found.view(np.uint32).tolist() == [value % 2**32 for value in sums]

    def low(value: int) -> int:
        return ((value & 0xFFFFFF) ^ 0x800000) - 0x800000

    found = compute("__nv_mul24", [x, y], INT32)
    assert found.view(np.uint32).tolist() == [low(a) * low(b) % 2**32 for a, b in pairs]
    u, v = x.view(np.uint32), y.view(np.uint32)
    wanted = [(a & 0xFFFFFF) * (b & 0xFFFFFF) % 2**32 for a, b in zip(u.tolist(), v.tolist(), strict=True)]
    assert compute("__nv_umul24", [u, v], u.dtype).tolist() == wanted


def test_bytes_are_chosen_by_three_bits_of_each_nibble() -> None:
    x, y = np.array([0x33221100], np.int32), np.array([0x77665544], np.int32)
    for selector, wanted in ((0x3210, 0x33221100), (0x7654, 0x77665544), (0x0426, 0x00442266), (0xFEDC, 0x77665544)):
        assert compute("__nv_byte_perm", [x, y, np.array([selector], np.int32)], INT32)[0] == wanted


ROUND = {"rn": round, "rz": math.trunc, "rd": math.floor, "ru": math.ceil}


@pytest.mark.parametrize("mode", ROUND)
@pytest.mark.parametrize(("name", "low", "high"), [("int", -(2**31), 2**31 - 1), ("uint", 0, 2**32 - 1),
                                                   ("ll", -(2**63), 2**63 - 1), ("ull", 0, 2**64 - 1)])  # fmt: skip
def test_floats_become_integers_between_the_limits(name: str, low: int, high: int, mode: str) -> None:
    unsigned = np.dtype(np.uint32 if name.endswith("int") else np.uint64)
    signed = np.dtype(np.int32 if name.endswith("int") else np.int64)
    for real, dtype in (("float", np.float32), ("double", np.float64)):
        random = np.random.default_rng(5).normal(size=200) * 2.0 ** np.random.default_rng(6).integers(-3, 70, 200)
        x = np.concatenate([[0.5, 1.5, -0.5, -1.5, 1e30, -1e30, math.inf, -math.inf, high, low], random]).astype(dtype)
        found = compute(f"__nv_{real}2{name}_{mode}", [x], signed)
        whole = [
            high if value == math.inf else low if value == -math.inf else ROUND[mode](value) for value in x.tolist()
        ]
        wanted = [min(max(value, low), high) for value in whole]
        assert (found if low else found.view(unsigned)).tolist() == wanted
        nan = compute(f"__nv_{real}2{name}_{mode}", [np.array([math.nan], dtype)], signed).view(unsigned)[0]
        assert nan == (0 if real == "float" and unsigned.itemsize == 4 else 1 << (8 * unsigned.itemsize - 1))


@pytest.mark.parametrize(("name", "bits", "signed"), [("int", 32, True), ("uint", 32, False), ("ll", 64, True),
                                                      ("ull", 64, False)])  # fmt: skip
def test_integers_become_the_floats_around_them(name: str, bits: int, signed: bool) -> None:
    x = integers(bits, signed)
    for real, dtype in (("float", np.float32), ("double", np.float64)):
        if (name, real) in (("int", "double"), ("uint", "double")):
            assert compute(f"__nv_{name}2double_rn", [x], np.dtype(dtype)).tolist() == x.tolist()
            continue
        found = {mode: compute(f"__nv_{name}2{real}_{mode}", [x], np.dtype(dtype)) for mode in ROUND}
        for index, value in enumerate(x.tolist()):
            down, up = (Fraction(float(found[mode][index])) for mode in ("rd", "ru"))
            assert down <= value <= up
            assert down == up or np.nextafter(found["rd"][index], dtype(math.inf)) == found["ru"][index]
            assert found["rz"][index] == found["rd" if value > 0 else "ru"][index]
            assert abs(Fraction(float(found["rn"][index])) - value) == min(value - down, up - value)


def test_doubles_become_floats_in_each_direction() -> None:
    x = np.concatenate([np.random.default_rng(7).normal(size=200), [1e300, -1e300, 1e-300, math.inf, math.nan]])
    down, up = (compute(f"__nv_double2float_{mode}", [x], np.dtype(np.float32)) for mode in ("rd", "ru"))
    assert (down[:-1] <= x[:-1]).all()
    assert (up[:-1] >= x[:-1]).all()
    assert down[200:].tolist()[:4] == [np.finfo(np.float32).max, -math.inf, 0, math.inf]
    assert math.isnan(down[-1])
    rounded = compute("__nv_llroundf", [np.array([0.5, -0.5, 2.5, 0.49999997, 1e30], np.float32)], INT64)
    assert rounded.tolist() == [1, -1, 3, 0, 2**63 - 1]
    assert compute("__nv_llrint", [np.array([0.5, 1.5, -2.5])], INT64).tolist() == [0, 2, -2]


def test_bits_are_kept() -> None:
    x = np.array([1.5, -0.0, math.inf])
    high, low = (compute(f"__nv_double2{half}int", [x], INT32) for half in ("hi", "lo"))
    assert compute("__nv_hiloint2double", [high, low], x.dtype).tobytes() == x.tobytes()
    bits = compute("__nv_double_as_longlong", [x], INT64)
    assert compute("__nv_longlong_as_double", [bits], x.dtype).tobytes() == x.tobytes()
    small = x.astype(np.float32)
    bits = compute("__nv_float_as_int", [small], INT32)
    assert bits[0] == 0x3FC00000
    assert compute("__nv_uint_as_float", [bits.view(np.uint32)], small.dtype).tobytes() == small.tobytes()
    third = compute("__nv_rcp64h", [np.array([3.0])], x.dtype)[0]
    assert third == pytest.approx(1 / 3, rel=2**-20)
    assert third.view(np.int64) & 0xFFFFFFFF == 0


def test_a_symbol_of_another_library_is_not_computed() -> None:
    for symbol in ("sqrtf", "__nv_nothing", "__my_sqrt_f32"):
        with pytest.raises(NotImplementedError, match="interpreter mode"):
            function_of(symbol)
