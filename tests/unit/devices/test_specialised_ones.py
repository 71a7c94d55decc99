"""Integer arguments of 1, which Triton makes constants: they refuse `to`, and compute as before."""

from __future__ import annotations

import pytest

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret

CASE = Case(x=Tensor((10,)))

KERNELS = """
@triton.jit
def cast(y, given, other):
    tl.store(y, given.to(tl.int64) + other)

@triton.jit
def annotated(y, given: tl.int32, other):
    tl.store(y, given.to(tl.int64) + other)

@triton.jit(do_not_specialize=["given"])
def kept(y, given, other):
    tl.store(y, given.to(tl.int64) + other)

@triton.jit(do_not_specialize=[1])
def kept_by_position(y, given, other):
    tl.store(y, given.to(tl.int64) + other)

@triton.jit
def arithmetic(y, given, other):
    total = given * other + other // given - (5 - given) % other + tl.cast(given, tl.int64)
    for step in range(0, given, given):
        total += min(given, other) + step
    if given == 1:
        total += tl.where(given > 0, given, other)
    tl.store(y, total)

def launch(kernel, given):
    y = torch.zeros(1, dtype=torch.int64)
    kernel[(1,)](y, given, 3)
    return y
"""


def call(kernel: str, given: str) -> str:
    return KERNELS + f"def work(x):\n    return launch({kernel}, {given})\n"


def test_a_cast_of_an_argument_of_1_is_an_error_as_when_it_is_compiled(interpret: Interpret) -> None:
    answer = interpret(call("cast", "1"), CASE)
    assert answer.status == "runtime_error"
    assert "'constexpr' object has no attribute 'to'" in answer.message
    assert "`given`" in answer.message


@pytest.mark.parametrize("given", ["0", "-1", "2", "16", "2**40"])
def test_other_integers_are_tensors(interpret: Interpret, given: str) -> None:
    answer = interpret(call("cast", given), CASE)
    assert answer.outputs[0].tensor is not None
    assert answer.outputs[0].tensor.item() == eval(given) + 3


@pytest.mark.parametrize("kernel", ["annotated", "kept", "kept_by_position"])
def test_parameters_that_are_not_specialised_are_tensors(interpret: Interpret, kernel: str) -> None:
    answer = interpret(call(kernel, "1"), CASE)
    assert answer.outputs[0].tensor is not None
    assert answer.outputs[0].tensor.item() == 4


def test_an_argument_of_1_computes_like_any_other(interpret: Interpret) -> None:
    answer = interpret(call("arithmetic", "1"), CASE)
    assert answer.outputs[0].tensor is not None, answer
    assert answer.outputs[0].tensor.item() == 3 + 3 - 1 + 1 + 1 + 1
