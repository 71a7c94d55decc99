"""Promises to the compiler are compared with the values that they are about."""

from __future__ import annotations

import pytest

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret

CODE = """
@triton.jit
def kernel(x, y, n, BLOCK: tl.constexpr):
    lane = tl.arange(0, BLOCK)
    for i in range(8, 17, 8):
        z = {promise}
    tl.store(y + lane, tl.load(x + lane))

def work(x):
    y = torch.empty_like(x)
    kernel[(1,)](x, y, 48, BLOCK=32)
    return y
"""

TRUE = [
    "tl.multiple_of(n, 16)",
    "tl.multiple_of(i, 8)",
    "tl.multiple_of(16 + lane, 16)",
    "tl.multiple_of(x, 16)",
    "tl.multiple_of(x + lane, 256)",
    "tl.max_contiguous(lane + 3, 32)",
    "tl.max_contiguous((lane + 3) % 32, 32)",
    "tl.max_contiguous(tl.multiple_of(lane % 17, 32), 32)",
    "tl.max_contiguous(lane % 8, 8)",
    "tl.max_contiguous(x + lane, 32)",
    "tl.max_constancy(lane // 4, 4)",
    "tl.multiple_of((lane[:, None] * 16 + tl.arange(0, 16)[None, :]), (1, 16))",
    "tl.max_contiguous((lane[:, None] * 16 + tl.arange(0, 16)[None, :]), (1, 16))",
    "tl.max_contiguous(lane, 1024)",
]

FALSE = [
    "tl.multiple_of(n + 8, 16)",
    "tl.multiple_of(i, 16)",
    "tl.multiple_of(8 + lane, 16)",
    "tl.multiple_of(x + 1, 16)",
    "tl.multiple_of(lane * 8, 16)",
    "tl.max_contiguous(31 - lane, 2)",
    "tl.max_contiguous(x + 2 * lane, 2)",
    "tl.max_constancy(lane // 4, 8)",
    "tl.max_contiguous((lane[:, None] + 16 * tl.arange(0, 16)[None, :]), (1, 16))",
]


@pytest.mark.parametrize("promise", TRUE)
def test_a_true_promise_is_none_of_our_business(interpret: Interpret, promise: str) -> None:
    answer = interpret(CODE.format(promise=promise), Case(x=Tensor((32,))))
    assert (answer.status, answer.violations) == ("ok", ()), answer


@pytest.mark.parametrize("promise", FALSE)
def test_a_false_promise_is_a_violation(interpret: Interpret, promise: str) -> None:
    answer = interpret(CODE.format(promise=promise), Case(x=Tensor((32,))))
    (violation,) = answer.violations
    assert violation.startswith(f"false promise to the compiler: {promise.partition('(')[0][3:]} of [")
    assert f"in line 7, `z = {promise}`" in violation
