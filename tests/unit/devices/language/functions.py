"""Functions of `triton.language` on blocks: shapes, reductions, scans, products, random numbers."""

from __future__ import annotations

import numpy as np

from tests.unit.devices.language import Feature

HELPER = """
@triton.jit
def add(a, b):
    return a + b

@triton.jit
def larger(a, b):
    return tl.where(a > b, a, b)

@triton.jit
def linear(a1, b1, a2, b2):
    return a1 * a2, b1 * a2 + b2

@triton.jit
def branching(a, b):
    if a > b:
        return a
    else:
        return b
"""

SHAPES = [
    Feature(
        "reshape", "y = tl.reshape(tl.trans(tl.reshape(x, (4, 4))), (16,))", lambda x, i: x.reshape(4, 4).T.ravel()
    ),
    Feature("reshape as a method", "y = x.reshape(4, 4).trans().reshape(16)", lambda x, i: x.reshape(4, 4).T.ravel()),
    Feature(
        "reshape by several numbers", "y = x.reshape([2, 8]).T.reshape([16])", lambda x, i: x.reshape(2, 8).T.ravel()
    ),
    Feature("view", "y = x.view(4, 4).permute(1, 0).view(16)", lambda x, i: x.reshape(4, 4).T.ravel()),
    Feature(
        "permute",
        "y = tl.permute(x.reshape(2, 2, 4), (2, 0, 1)).reshape(16)",
        lambda x, i: x.reshape(2, 2, 4).transpose(2, 0, 1).ravel(),
    ),
    Feature("ravel", "y = tl.ravel(x.reshape(4, 4))", lambda x, i: x),
    Feature("expand_dims", "y = tl.sum(tl.expand_dims(x, 1) + tl.expand_dims(x, 0), 1)", lambda x, i: 16 * x + x.sum()),
    Feature("broadcast_to", "y = tl.sum(tl.broadcast_to(x[None, :], (4, 16)), 0)", lambda x, i: 4 * x),
    Feature("broadcast_to as a method", "y = tl.sum(x[None, :].broadcast_to(4, 16), 0)", lambda x, i: 4 * x),
    Feature(
        "broadcast of two",
        "a, b = tl.broadcast(x[:, None], x[None, :])\ny = tl.sum(a * b, 1)",
        lambda x, i: x * x.sum(),
    ),
    Feature(
        "split",
        "a, b = x.reshape(8, 2).split()\ny = tl.join(b, a).reshape(16)",
        lambda x, i: x.reshape(8, 2)[:, ::-1].ravel(),
    ),
    Feature(
        "split by function",
        "a, b = tl.split(x.reshape(8, 2))\ny = tl.interleave(b, a)",
        lambda x, i: x.reshape(8, 2)[:, ::-1].ravel(),
    ),
    Feature(
        "interleave",
        "a = tl.arange(0, 8)\ny = tl.interleave(a, a + 8)",
        lambda x, i: i.reshape(2, 8).T.ravel(),
        dtype="int32",
    ),
    Feature(
        "cat", "a = tl.arange(0, 8)\ny = tl.sort(tl.cat(a, a + 8, can_reorder=True))", lambda x, i: i, dtype="int32"
    ),
    Feature("flip", "y = tl.flip(x, 0)", lambda x, i: x[::-1]),
    Feature(
        "flip of a dimension", "y = tl.flip(x.reshape(4, 4), 0).reshape(16)", lambda x, i: x.reshape(4, 4)[::-1].ravel()
    ),
    Feature("sort", "y = tl.sort(x)", lambda x, i: np.sort(x)),
    Feature("sort descending", "y = tl.sort(x, descending=True)", lambda x, i: np.sort(x)[::-1]),
    Feature(
        "sort of rows", "y = tl.sort(x.reshape(4, 4), dim=1).reshape(16)", lambda x, i: np.sort(x.reshape(4, 4)).ravel()
    ),
    Feature("topk", "k = tl.topk(x, 4)\ny = x + tl.sum(k, 0)", lambda x, i: x + np.sort(x)[-4:].sum()),
    Feature("gather", "y = tl.gather(x, 15 - i, 0)", lambda x, i: x[::-1]),
    Feature("gather as a method", "y = x.gather(15 - i, 0)", lambda x, i: x[::-1]),
    Feature("histogram", "y = tl.histogram(i // 3, 16)", lambda x, i: np.bincount(i // 3, minlength=16), dtype="int32"),
    Feature(
        "histogram with a mask",
        "y = tl.histogram(i // 3, 16, mask=i < 7)",
        lambda x, i: np.bincount(i[:7] // 3, minlength=16),
        dtype="int32",
    ),
    Feature(
        "zeros and full", "y = x + tl.zeros((16,), tl.float32) + tl.full((16,), 3, tl.float32)", lambda x, i: x + 3
    ),
    Feature("zeros of a constant shape", "y = x + tl.zeros([B], dtype=tl.float32)", lambda x, i: x),
    Feature("zeros_like", "y = tl.zeros_like(x) + 1", lambda x, i: 1),
    Feature("arange of a wrong size", "y = x + tl.sum(tl.arange(0, 3))"),
    Feature(
        "swizzle2d",
        "a, b = tl.swizzle2d(i // 4, i % 4, 4, 4, 2)\ny = a * 4 + b",
        lambda x, i: (i // 8) * 8 + i % 8 % 2 * 4 + i % 8 // 2,
        dtype="int32",
    ),
    Feature(
        "cdiv", "y = tl.cdiv(i, 3) + tl.cdiv(n, 5) + tl.cdiv(B, 3)", lambda x, i: -(-i // 3) + 4 + 6, dtype="int32"
    ),
]

REDUCTIONS = [
    Feature("sum of an axis", "y = x + tl.sum(tl.sum(x.reshape(4, 4), axis=1), 0)", lambda x, i: x + x.sum()),
    Feature("sum of all", "y = x + tl.sum(x.reshape(4, 4))", lambda x, i: x + x.sum()),
    Feature(
        "sum keeps dims",
        "y = (x.reshape(4, 4) - tl.sum(x.reshape(4, 4), 1, keep_dims=True)).reshape(16)",
        lambda x, i: (x.reshape(4, 4) - x.reshape(4, 4).sum(1, keepdims=True)).ravel(),
    ),
    Feature("sum as a method", "y = x + x.sum(0)", lambda x, i: x + x.sum()),
    Feature("sum of int8", "y = tl.sum(i.to(tl.int8) * 8) + i", lambda x, i: 960 + i, dtype="int32"),
    Feature("sum of bools", "y = tl.sum((i > 3).to(tl.int32)) + i", lambda x, i: 12 + i, dtype="int32"),
    Feature("max and min", "y = x + tl.max(x, 0) - tl.min(x, 0)", lambda x, i: x + 17),
    Feature("max with index", "m, k = tl.max(x, 0, return_indices=True)\ny = x + m + k", lambda x, i: x + 9 + 5),
    Feature(
        "max with the last index",
        "m, k = tl.max(x, 0, return_indices=True, return_indices_tie_break_left=False)\ny = x + m",
        lambda x, i: x + 9,
    ),
    Feature("argmax", "y = tl.argmax(x, 0) + i", lambda x, i: 5 + i, dtype="int32"),
    Feature("argmin", "y = tl.argmin(x, axis=0, tie_break_left=True) + i", lambda x, i: 11 + i, dtype="int32"),
    Feature("xor_sum", "y = tl.xor_sum(i * 3, 0) + i", lambda x, i: np.bitwise_xor.reduce(i * 3) + i, dtype="int32"),
    Feature("reduce", "y = x + tl.reduce(x, 0, add)", lambda x, i: x + x.sum(), HELPER),
    Feature("reduce by where", "y = x + tl.reduce(x, 0, larger)", lambda x, i: x + 9, HELPER),
    Feature("reduce by a branch", "y = x + tl.reduce(x, 0, branching)", lambda x, i: x + 9, HELPER),
    Feature(
        "reduce of a matrix",
        "y = x + tl.sum(tl.reduce(x.reshape(4, 4), 1, larger), 0)",
        lambda x, i: x + x.reshape(4, 4).max(1).sum(),
        HELPER,
    ),
    Feature("cumsum", "y = tl.cumsum(x, 0)", lambda x, i: np.cumsum(x)),
    Feature("cumsum reversed", "y = tl.cumsum(x, 0, reverse=True)", lambda x, i: np.cumsum(x[::-1])[::-1]),
    Feature(
        "cumsum of int8",
        "y = tl.cumsum(i.to(tl.int8) * 8, 0).to(tl.int32)",
        lambda x, i: np.cumsum(i * 8),
        dtype="int32",
    ),
    Feature("cumprod", "y = tl.cumprod(1 + x * 0.01, 0)", lambda x, i: np.cumprod(1 + x * 0.01)),
    Feature("associative_scan", "y = tl.associative_scan(x, 0, larger)", lambda x, i: np.maximum.accumulate(x), HELPER),
    Feature(
        "associative_scan of a pair",
        "a, b = tl.associative_scan((x * 0.1, x), 0, linear)\ny = b",
        lambda x, i: _linear(x),
        HELPER,
    ),
    Feature("softmax", "y = tl.softmax(x)", lambda x, i: np.exp(x - x.max()) / np.exp(x - x.max()).sum()),
    Feature("sigmoid", "y = tl.sigmoid(x)", lambda x, i: 1 / (1 + np.exp(-x))),
]

ARITHMETIC = [
    Feature(
        "dot",
        "m = x.reshape(4, 4)\ny = tl.sum(tl.dot(tl.broadcast_to(x[:, None], (16, 16)), tl.broadcast_to(x[None, :], "
        "(16, 16)), input_precision='ieee'), 1)",
        lambda x, i: 16 * x * x.sum(),
    ),
    Feature(
        "dot with options",
        "a = tl.broadcast_to(x[:, None], (16, 16)).to(tl.float16)\nc = tl.dot(a, a, tl.zeros((16, 16), "
        "tl.float32), max_num_imprecise_acc=0, out_dtype=tl.float32)\ny = tl.sum(c, 1) / 16",
        lambda x, i: x * x.sum(),
    ),
    Feature(
        "dot of half gives half",
        "a = tl.broadcast_to(x[:, None], (16, 16)).to(tl.float16)\nc = tl.dot(a, a, out_dtype=tl.float16)\n"
        "tl.static_assert(c.dtype == tl.float16)\ny = tl.sum(c.to(tl.float32), 1) / 16",
        lambda x, i: x * x.sum(),
    ),
    Feature(
        "dot of int8",
        "a = tl.broadcast_to(i[:, None], (16, 32)).to(tl.int8)\nc = tl.dot(a, tl.trans(a))\ny = tl.sum(c, 1)",
        lambda x, i: i * 32 * 120,
        dtype="int32",
    ),
    Feature(
        "dot with allow_tf32",
        "a = tl.broadcast_to(x[:, None], (16, 16))\ny = tl.sum(tl.dot(a, a, allow_tf32=False), 1) / 16",
        lambda x, i: x * x.sum(),
    ),
    Feature(
        "batched dot",
        "a = tl.broadcast_to(x[None, :, None], (2, 16, 16))\n"
        "y = tl.sum(tl.sum(tl.dot(a, a, input_precision='ieee'), 2), 0) / 32",
        lambda x, i: x * x.sum(),
    ),
    Feature(
        "math",
        "y = tl.exp(x * 0.1) + tl.log(x * x + 1) + tl.sqrt(x * x) + tl.abs(x) + tl.floor(x * 0.3) + tl.ceil(x * 0.3)",
        lambda x, i: np.exp(x * 0.1) + np.log(x * x + 1) + 2 * abs(x) + np.floor(x * 0.3) + np.ceil(x * 0.3),
    ),
    Feature(
        "math module",
        "y = tl.math.exp2(x * 0.1) + tl.math.rsqrt(x * x + 1) + tl.math.cos(x) + tl.math.fma(x, x, x)",
        lambda x, i: np.exp2(x * 0.1) + 1 / np.sqrt(x * x + 1) + np.cos(x) + x * x + x,
    ),
    Feature("minimum with NaN", "y = tl.minimum(x, float('nan'))", lambda x, i: x),
    Feature(
        "maximum that keeps NaN",
        "y = tl.maximum(x, float('nan'), propagate_nan=tl.PropagateNan.ALL)",
        lambda x, i: np.nan,
    ),
    Feature("clamp", "y = tl.clamp(x, -2.0, 3.0)", lambda x, i: np.clip(x, -2, 3)),
    Feature("umulhi", "y = tl.umulhi(i, 1 << 30)", lambda x, i: i >> 2, dtype="int32"),
    Feature(
        "exact division",
        "y = tl.div_rn(x, 3.0) + tl.fdiv(x, 2.0) + tl.sqrt_rn(x * x)",
        lambda x, i: x / 3 + x / 2 + abs(x),
    ),
    Feature(
        "random integers", "a, b, c, d = tl.randint4x(7, i)\ny = (tl.randint(7, i) == a).to(tl.float32)", lambda x, i: 1
    ),
    Feature(
        "random numbers",
        "r = tl.rand(7, i)\ny = ((r >= 0) & (r < 1) & (r == tl.rand(7, i))).to(tl.float32)",
        lambda x, i: 1,
    ),
    Feature("normal numbers", "y = (tl.abs(tl.randn(7, i)) < 9).to(tl.float32)", lambda x, i: 1),
    Feature(
        "philox",
        "a, b, c, d = tl.philox(7, i, 0, 0, 0)\ny = (a == tl.randint4x(7, i)[0]).to(tl.float32)",
        lambda x, i: 1,
    ),
    Feature("random numbers by a seed argument", "y = (tl.rand(n, i) < 1).to(tl.float32)", lambda x, i: 1),
]


def _linear(x: np.ndarray) -> np.ndarray:
    """Return the second part of the scan of the maps `v -> 0.1 x v + x`."""
    found, last = [], 0.0
    for k, value in enumerate(x.astype(np.float64)):
        last = value if k == 0 else last * value * 0.1 + value
        found.append(last)
    return np.array(found)


FEATURES = [*SHAPES, *REDUCTIONS, *ARITHMETIC]
