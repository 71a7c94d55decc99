"""Promotion of dtypes, conversions, and the types of scalars."""

from __future__ import annotations

import numpy as np

from tests.unit.devices.language import Feature


def half(values: object) -> object:
    """Round to float16."""
    return np.asarray(values).astype(np.float16)


PROMOTION = [
    Feature(
        "half times a number",
        "y = (x * 1.0009765625).dtype == tl.float16\ny = x * 0 + y",
        lambda x, i: 1,
        source="float16",
    ),
    Feature(
        "half times a float argument",
        "y = x * (s * 0 + 1.0009765625)",
        lambda x, i: x.astype("f4") * 1.0009765625,
        source="float16",
    ),
    Feature(
        "half plus an integer",
        "z = x + 1\ntl.static_assert(z.dtype == tl.float16)\ny = z",
        lambda x, i: x + 1,
        source="float16",
        dtype="float16",
    ),
    Feature(
        "integer block times a float",
        "z = i * 0.5\ntl.static_assert(z.dtype == tl.float32)\ny = z",
        lambda x, i: i * 0.5,
    ),
    Feature("integers divided", "y = i / 3", lambda x, i: (i / 3).astype("f4")),
    Feature("integers floor-divided", "y = (i - 8) // 3", lambda x, i: np.trunc((i - 8) / 3), dtype="int32"),
    Feature("remainder", "y = (i - 8) % 3", lambda x, i: np.fmod(i - 8, 3), dtype="int32"),
    Feature("remainder of floats", "y = x % 4", lambda x, i: np.fmod(x, 4)),
    Feature("floats floor-divided", "y = x // 2.0"),
    Feature("comparison of unsigned", "y = (i.to(tl.uint32) - 8 > 0).to(tl.int32)", lambda x, i: i != 8, dtype="int32"),
    Feature("shift of signed", "y = (i - 8) >> 1", lambda x, i: (i - 8) >> 1, dtype="int32"),
    Feature(
        "shift of unsigned",
        "y = ((i - 8).to(tl.uint32, bitcast=True) >> 28).to(tl.int32)",
        lambda x, i: (i - 8).astype("u4") >> 28,
        dtype="int32",
    ),
    Feature(
        "int8 overflow", "y = (i.to(tl.int8) * 20).to(tl.int32)", lambda x, i: (i * 20).astype("i1"), dtype="int32"
    ),
    Feature(
        "int64 of large products",
        "y = i.to(tl.int64) * 1000000000",
        lambda x, i: i.astype("i8") * 1000000000,
        dtype="int64",
    ),
    Feature(
        "large constant", "y = i.to(tl.int64) + 5000000000", lambda x, i: i.astype("i8") + 5000000000, dtype="int64"
    ),
    Feature("too large a constant", "y = i + 5000000000", None, dtype="int64"),
    Feature("negation and invert", "y = ~i + (-i)", lambda x, i: ~i - i, dtype="int32"),
    Feature("unary plus", "y = +x"),
    Feature("bool arithmetic", "y = ((i > 2) + (i > 5)).to(tl.int32)", lambda x, i: (i > 2) ^ (i > 5), dtype="int32"),
    Feature("bool times float", "y = (i > 2) * x", lambda x, i: (i > 2) * x),
    Feature("invert of bools", "y = tl.where(~(i > 2), x, 0.0)", lambda x, i: np.where(i <= 2, x, 0)),
    Feature("power", "y = x ** 2"),
    Feature("half and bfloat16", "y = (x.to(tl.float16) + x.to(tl.bfloat16)).to(tl.float32)", lambda x, i: 2 * x),
    Feature(
        "float64 stays", "y = x * 0.1", lambda x, i: x * np.float64(np.float32(0.1)), source="float64", dtype="float64"
    ),
    Feature("where of numbers", "y = tl.where(i > 2, 1, 0.5)", lambda x, i: np.where(i > 2, 1, 0.5)),
    Feature("where promotes", "y = tl.where(i > 2, i, 0.5)", lambda x, i: np.where(i > 2, i, 0.5)),
]

CONVERSIONS = [
    Feature("to half and back", "y = (x * 0.1).to(tl.float16).to(tl.float32)", lambda x, i: half(x * np.float32(0.1))),
    Feature("to by a text", "y = x.to('int32')"),
    Feature(
        "float to integer truncates",
        "y = (x * 0.7).to(tl.int32)",
        lambda x, i: np.trunc(x * np.float32(0.7)),
        dtype="int32",
    ),
    Feature("cast", "y = tl.cast(x, tl.int32)", lambda x, i: x, dtype="int32"),
    Feature("cast as a method", "y = x.cast(tl.int32)", lambda x, i: x, dtype="int32"),
    Feature("bitcast", "y = x.to(tl.int32, bitcast=True)", lambda x, i: x.view("i4"), dtype="int32"),
    Feature("to bool", "y = x.to(tl.int1).to(tl.float32)", lambda x, i: x != 0),
    Feature(
        "to bfloat16 rounds",
        "y = (x * 0.1).to(tl.bfloat16).to(tl.float32)",
        lambda x, i: (
            ((x * np.float32(0.1)).view("u4") + 0x7FFF + ((x * np.float32(0.1)).view("u4") >> 16 & 1) & 0xFFFF0000)
            .astype("u4")
            .view("f4")
        ),
    ),
    Feature("to float8", "y = x.to(tl.float8e5).to(tl.float32)", lambda x, i: np.where(abs(x) == 9, np.sign(x) * 8, x)),
    Feature(
        "rounding towards zero",
        "y = (x * 0.1).to(tl.float16, fp_downcast_rounding='rtz').to(tl.float32)",
        lambda x, i: _towards_zero(x * np.float32(0.1)),
    ),
    Feature("element type of a pointer", "y = (x * 2).to(y_ptr.dtype.element_ty)", lambda x, i: x * 2, dtype="int32"),
    Feature(
        "dtype as a constant",
        "d: tl.constexpr = tl.float16\ny = (x * 0.1).to(d)",
        lambda x, i: half(x * np.float32(0.1)),
    ),
    Feature("argument to a dtype", "y = x * n.to(tl.float32)", lambda x, i: x * 16),
    Feature("float argument to a dtype", "y = x * s.to(tl.float16)", lambda x, i: x * 2.5),
    Feature("dtype of a float argument", "tl.static_assert(s.dtype == tl.float32)\ny = x", lambda x, i: x),
    Feature("dtype of an integer argument", "tl.static_assert(n.dtype == tl.int32)\ny = x", lambda x, i: x),
    Feature("loop variable to a dtype", "y = x\nfor k in range(3):\n    y += k.to(tl.float32)", lambda x, i: x + 3),
    Feature(
        "loop variable times a float",
        "y = x\nfor k in range(3):\n    y += (k * 0.5).to(tl.float32)",
        lambda x, i: x + 1.5,
    ),
    Feature("program id to a dtype", "y = x * (tl.program_id(0) + 2).to(tl.float32)", lambda x, i: x * 2),
    Feature("scalar arithmetic", "k = n * 2 + 1\ny = x * (k / 2).to(tl.float32)", lambda x, i: x * 16.5),
    Feature("scalar remainder", "y = x + (-n) % 5 + (-n) // 5", lambda x, i: x - 1 - 3),
    Feature("primitive bits", "y = x * x.dtype.primitive_bitwidth", lambda x, i: x * 32),
    Feature(
        "properties of a dtype",
        "y = x\nif x.dtype.is_floating() and x.dtype != tl.float16:\n    y = -x",
        lambda x, i: -x,
    ),
    Feature("shape in a branch", "y = x\nif x.shape[0] == 16:\n    y = -x", lambda x, i: -x),
    Feature("numel", "y = x * x.numel", lambda x, i: x * 16),
    Feature("mask as a number", "y = tl.load(x_ptr + i, mask=True)", lambda x, i: x),
    Feature("other as an integer", "y = tl.load(x_ptr + i, mask=i < 4, other=7)", lambda x, i: np.where(i < 4, x, 7)),
    Feature("store of a number", "y = x\ntl.store(y_ptr, 1)", lambda x, i: x),
]


def _towards_zero(values: np.ndarray) -> np.ndarray:
    """Round to float16 towards zero."""
    rounded = values.astype(np.float16)
    larger = np.abs(rounded.astype(np.float64)) > np.abs(values.astype(np.float64))
    return np.where(larger, np.nextafter(rounded, np.float16(0)), rounded)


FEATURES = [*PROMOTION, *CONVERSIONS]
