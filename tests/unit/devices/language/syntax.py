"""Statements, operators and built-in functions of Python."""

from __future__ import annotations

import numpy as np

from tests.unit.devices.language import Feature

HELPER = """
@triton.jit
def scaled(v, k: tl.constexpr, extra=2):
    m: tl.constexpr = k.value
    return v * m + extra

@triton.jit
def pair(v):
    return v + 1, v * 2

@triton.jit
def named(v):
    first, second = pair(v)
    return first - second

@triton.jit
def choose(v, MODE: tl.constexpr = "abs"):
    if MODE == "abs":
        return tl.abs(v)
    else:
        return -v

@triton.jit
def nothing(v, w=None):
    if w is None:
        return v
    else:
        return v + w

@triton.jit
def optional(v, w):
    if w is not None:
        v += w
    return v
"""

GLOBALS = """
PLAIN = 3
CONSTANT = tl.constexpr(3)
RATE: tl.constexpr = tl.constexpr(0.5)

def python_helper(v):
    return v

@triton.constexpr_function
def doubled(k):
    return k * 2
"""

BOOLEANS = [
    Feature(
        "and between blocks", "y = tl.where(i > 2 and i < 9, x, 0.0)", lambda x, i: np.where((i > 2) & (i < 9), x, 0)
    ),
    Feature(
        "or between blocks", "y = tl.where(i < 2 or i > 9, x, 0.0)", lambda x, i: np.where((i < 2) | (i > 9), x, 0)
    ),
    Feature("not of a block", "y = tl.where(not (i < 4), x, 0.0)", lambda x, i: np.where(i >= 4, x, 0)),
    Feature(
        "and of three",
        "y = tl.where(i > 2 and i < 9 and x > 0, x, 0.0)",
        lambda x, i: np.where((i > 2) & (i < 9) & (x > 0), x, 0),
    ),
    Feature(
        "and or mixed",
        "y = tl.where(i > 2 and i < 9 or not x > 0, x, 0.0)",
        lambda x, i: np.where((i > 2) & (i < 9) | ~(x > 0), x, 0),
    ),
    Feature("and with a constant", "y = tl.where(B > 4 and i < 9, x, 0.0)", lambda x, i: np.where(i < 9, x, 0)),
    Feature("or with a constant", "y = tl.where(B < 4 or i < 9, x, 0.0)", lambda x, i: np.where(i < 9, x, 0)),
    Feature("and stops at a constant", "y = x\nif B < 4 and undefined_name:\n    y = -x", lambda x, i: x),
    Feature("and between scalars", "y = x\nif n > 4 and s > 1.0:\n    y = -x", lambda x, i: -x),
    Feature("or between scalars", "y = x\nif n > 99 or s > 99.0:\n    y = -x", lambda x, i: x),
    Feature("and of a scalar and a block", "y = tl.where(n > 4 and i < 9, x, 0.0)", lambda x, i: np.where(i < 9, x, 0)),
    Feature("not of a scalar", "y = x\nif not n > 99:\n    y = -x", lambda x, i: -x),
    Feature("not of an integer", "y = x\nif not n:\n    y = -x"),
    Feature("and of integers", "y = x\nif n and n > 2:\n    y = -x"),
    Feature("and of floats", "y = tl.where(x and i > 2, x, 0.0)"),
    Feature(
        "mask made by and",
        "y = tl.load(x_ptr + i, mask=i >= 0 and i < n - 4, other=0.0)",
        lambda x, i: np.where(i < 12, x, 0),
    ),
    Feature(
        "and in a loop", "y = x\nfor k in range(4):\n    if k > 0 and k < 3:\n        y += 1.0", lambda x, i: x + 2
    ),
    Feature(
        "and with an assignment",
        "y = tl.where(i > 2 and (m := i) < 9, x, 0.0)\ny += m",
        lambda x, i: np.where((i > 2) & (i < 9), x, 0) + i,
        syntax="NamedExpr",
    ),
]

CONDITIONS = [
    Feature("if of a block", "y = x\nif i > 2:\n    y = -x"),
    Feature("if of one element", "y = x\nif tl.sum(x, keep_dims=True) > 0:\n    y = -x", lambda x, i: -x),
    Feature("if of a float argument", "y = x\nif s:\n    y = -x", lambda x, i: -x),
    Feature("if of an integer argument", "y = x\nif n:\n    y = -x", lambda x, i: -x),
    Feature("if of a constant float", "y = x\nif 0.5:\n    y = -x"),
    Feature("if of a text", "y = x\nif 'abc':\n    y = -x"),
    Feature("if of a tuple", "y = x\nif (1, 2):\n    y = -x"),
    Feature(
        "elif", "y = x\nif n > 99:\n    y = -x\nelif n > 9:\n    y = x + 1\nelse:\n    y = x * 2", lambda x, i: x + 1
    ),
    Feature("ternary of a constant", "y = x if B > 4 else -x", lambda x, i: x),
    Feature("ternary of a scalar", "y = x * (1.0 if n > 4 else 2.0)", lambda x, i: x),
    Feature("ternary of a block", "y = x if i > 2 else -x"),
    Feature("ternary of one element", "y = x if tl.sum(x, keep_dims=True) > 0 else -x"),
    Feature("while", "y = x\nk = 0\nwhile k < 3:\n    y += 1.0\n    k += 1", lambda x, i: x + 3),
    Feature("while with and", "y = x\nk = 0\nwhile k < 3 and n > 2:\n    y += 1.0\n    k += 1", lambda x, i: x + 3),
    Feature("while True", "y = x\nwhile True:\n    y = -x"),
    Feature("break", "y = x\nfor k in range(4):\n    if k > n:\n        pass\n    break"),
    Feature("continue", "y = x\nfor k in range(4):\n    y += 1\n    continue"),
    Feature("return in a loop", "y = x\nfor k in range(4):\n    if n > 4:\n        return"),
    Feature("return in a branch", "y = x\nif n < 4:\n    return", lambda x, i: x),
    Feature("is None", "y = nothing(x)", lambda x, i: x, HELPER),
    Feature("is not None", "y = optional(optional(x, None), 1.0)", lambda x, i: x + 1, HELPER),
    Feature("assert of a block", "assert i < 3\ny = x", lambda x, i: x),
    Feature("assert of a constant", "assert B == 16, 'text'\ny = x", lambda x, i: x),
    Feature("static_assert", "tl.static_assert(B == 16)\ny = x", lambda x, i: x),
    Feature("static_assert with and", "tl.static_assert(B > 1 and B < 32, 'text')\ny = x", lambda x, i: x),
]

STATEMENTS = [
    Feature("augmented assignment", "y = x\ny += 1\ny *= 2\ny -= s\ny /= 2", lambda x, i: ((x + 1) * 2 - 2.5) / 2),
    Feature(
        "augmented bits",
        "m = i\nm |= 8\nm &= 10\nm ^= 1\nm <<= 1\nm >>= 1\ny = m.to(tl.float32)",
        lambda x, i: ((i | 8) & 10) ^ 1,
    ),
    Feature("augmented constant", "m: tl.constexpr = 3\nk = m\nk += 1\ny = x * k.to(tl.float32)", lambda x, i: x * 4),
    Feature("a number becomes a tensor", "k = 3\ny = x * k.to(tl.float32)", lambda x, i: x * 3),
    Feature(
        "a tuple becomes tensors",
        "k, m = 3, 0.5\ny = x * k.to(tl.float32) + m.to(tl.float32)",
        lambda x, i: x * 3 + 0.5,
    ),
    Feature("swap", "a, b = x, -x\na, b = b, a\ny = a - b * 0.5", lambda x, i: -x - x * 0.5),
    Feature("walrus", "y = (k := x + 1) * k", lambda x, i: (x + 1) ** 2, syntax="NamedExpr"),
    Feature("annotated assignment", "k: tl.int32 = 3\ny = x * k.to(tl.float32)", lambda x, i: x * 3),
    Feature("constant", "k: tl.constexpr = B // 4\ny = x * k", lambda x, i: x * 4),
    Feature("value of a constant", "k: tl.constexpr = B.value // 4\ny = x * k", lambda x, i: x * 4),
    Feature("value of a constant in a helper", "y = scaled(x, 3)", lambda x, i: x * 3 + 2, HELPER),
    Feature("default argument", "y = scaled(x, 3, extra=5)", lambda x, i: x * 3 + 5, HELPER),
    Feature("several results", "a, b = pair(x)\ny = a + b", lambda x, i: x + 1 + x * 2, HELPER),
    Feature("nested helpers", "y = named(x)", lambda x, i: 1 - x, HELPER),
    Feature("results by branch", "y = choose(x) + choose(x, MODE='neg')", lambda x, i: np.abs(x) - x, HELPER),
    Feature("element of a tuple", "t = (x, -x, 3)\ny = t[1] + t[2]", lambda x, i: 3 - x),
    Feature("length of a tuple", "t = (x, -x, 3)\ny = x * len(t)", lambda x, i: x * 3),
    Feature("tuple given to a helper", "t = pair(x)\ny = t[0] * t[1]", lambda x, i: (x + 1) * x * 2, HELPER),
    Feature("starred arguments", "t = (x, 3)\ny = optional(*t)", lambda x, i: x + 3, HELPER),
    Feature("chained assignment", "a = y = x"),
    Feature("element assignment", "y = x\ny[0] = 1.0"),
    Feature("attribute assignment", "y = x\ny.extra = 1.0"),
    Feature("try", "try:\n    y = x\nfinally:\n    pass"),
    Feature("lambda", "f = lambda v: v\ny = f(x)"),
    Feature("dictionary", "d = {'a': 1}\ny = x"),
    Feature("membership", "y = x\nif B in (16, 32):\n    y = -x"),
    Feature("delete", "y = x\ndel i"),
    Feature("import", "import math\ny = x"),
    Feature("nested function", "def f(v):\n    return v\ny = f(x)"),
    Feature("matrix operator", "y = x @ x"),
    Feature("text with a value", "tl.static_assert(B == 16, f'B is {B}')\ny = x", lambda x, i: x),
    Feature("pass", "y = x\nif n > 3:\n    pass", lambda x, i: x),
    Feature("slices", "m = x[:, None] + x[None, :]\ny = tl.sum(m, axis=1)", lambda x, i: 16 * x + x.sum()),
]

NAMES = [
    Feature("constant global", "y = x * CONSTANT", lambda x, i: x * 3, GLOBALS),
    Feature("constant global on the left", "y = CONSTANT * x - RATE * x", lambda x, i: x * 2.5, GLOBALS),
    Feature(
        "constant global compared", "y = tl.where(CONSTANT < i, x, 0.0)", lambda x, i: np.where(i > 3, x, 0), GLOBALS
    ),
    Feature("constant global divided", "y = RATE / (x * x + CONSTANT)", lambda x, i: 0.5 / (x * x + 3), GLOBALS),
    Feature("constant global subtracted", "y = CONSTANT - x", lambda x, i: 3 - x, GLOBALS),
    Feature("constant in a branch", "y = x\nif CONSTANT > 2:\n    y = -x", lambda x, i: -x, GLOBALS),
    Feature("constant as a bound", "y = x\nfor k in range(CONSTANT):\n    y += 1", lambda x, i: x + 3, GLOBALS),
    Feature("constant function", "y = x * doubled(3)", lambda x, i: x * 6, GLOBALS),
    Feature("plain global", "y = x * PLAIN", None, GLOBALS),
    Feature("plain global not reached", "y = x\nif B == 1:\n    y = x * PLAIN", lambda x, i: x, GLOBALS),
    Feature("python function", "y = python_helper(x)", None, GLOBALS),
    Feature("abs", "y = abs(x)"),
    Feature("sum", "y = x + sum((1, 2))"),
    Feature("bool", "y = x\nif bool(n):\n    y = -x"),
    Feature("enumerate", "y = x\nfor k, v in enumerate((1, 2)):\n    y += v"),
    Feature("loop over a tuple", "y = x\nfor v in (1, 2):\n    y += v"),
    Feature("max of blocks", "y = max(x, -x)", lambda x, i: np.abs(x)),
    Feature("min of a block and a number", "y = min(x, 2.0)", lambda x, i: np.minimum(x, 2)),
    Feature("max of scalars", "y = x * max(n, 3)", lambda x, i: x * 16),
    Feature("min of constants", "y = x * min(B, 3)", lambda x, i: x * 3),
    Feature("min of three", "y = min(x, 2.0, s)", lambda x, i: np.minimum(x, 2)),
    Feature("int of a constant", "y = x * int(B / 4)", lambda x, i: x * 4),
    Feature("int of a tensor", "y = x * int(s)"),
    Feature("float of a constant", "y = x * float(B)", lambda x, i: x * 16),
    Feature("float of text", "y = tl.maximum(x, float('-inf'))", lambda x, i: x),
    Feature("float of a tensor", "y = x * float(n)"),
    Feature("len of a shape", "y = x * len(x.shape)", lambda x, i: x),
    Feature("isinstance", "y = x\nif isinstance(x, tl.tensor):\n    y = -x", lambda x, i: -x),
    Feature("hasattr", "y = x\nif hasattr(x, 'dtype'):\n    y = -x", lambda x, i: -x),
    Feature("list comprehension", "t = [k * 2 for k in (1, 2)]\ny = x * t[1]", lambda x, i: x * 4, syntax="ListComp"),
    Feature(
        "chained comparison",
        "y = tl.where(2 < i < 9, x, 0.0)",
        lambda x, i: np.where((i > 2) & (i < 9), x, 0),
        syntax="chain",
    ),
]

FEATURES = [*BOOLEANS, *CONDITIONS, *STATEMENTS, *NAMES]
