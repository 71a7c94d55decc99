"""What rewriting kernels leaves as it is, and the variables that kernels can see."""

from __future__ import annotations

import torch

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret

CLOSURE = """
def make(factor, activation):
    SHIFT = tl.constexpr(3)

    @triton.jit
    def kernel(x, y, EXTRA: tl.constexpr = factor):
        tl.store(y, activation(tl.load(x)) + SHIFT + EXTRA)

    return kernel

@triton.jit
def square(v):
    return v * v

@triton.jit
def cube(v):
    return v * v * v

def work(x):
    y = torch.zeros(2, device=x.device)
    make(10, square)[(1,)](x, y)
    make(20, cube)[(1,)](x, y[1:])
    return y
"""


def test_a_kernel_sees_the_variables_of_the_function_around_it(interpret: Interpret) -> None:
    answer = interpret(CLOSURE, Case(x=Tensor((1,), fill="constant(2)")))
    assert answer.status == "ok", answer
    assert answer.outputs[0].tensor.tolist() == [17, 31]


NAMED = """
from typing import NamedTuple

class Pair(NamedTuple):
    pointer: object
    scale: float

@triton.jit
def kernel(pair, y, t):
    scale = pair.scale
    tl.store(y, tl.load(pair.pointer) * scale.to(tl.float32) + t[1].to(tl.float32))

def work(x):
    y = torch.zeros(1, device=x.device)
    kernel[(1,)](Pair(x, 2.5), y, (y, 7))
    return y
"""


def test_numbers_in_tuples_are_tensors(interpret: Interpret) -> None:
    answer = interpret(NAMED, Case(x=Tensor((1,), fill="constant(2)")))
    assert answer.status == "ok", answer
    assert torch.equal(answer.outputs[0].tensor, torch.tensor([12.0]))


REFUSED = """
@triton.jit
def kernel(x, y):
    value = tl.load(x)
    for k in range(3):
        if value > k:
            break
    tl.store(y, value)

def work(x):
    y = torch.zeros(1, device=x.device)
    kernel[(1,)](x, y)
    return y
"""


def test_what_the_compiler_refuses_is_a_compile_error_at_its_line(interpret: Interpret) -> None:
    answer = interpret(REFUSED, Case(x=Tensor((1,), fill="constant(2)")))
    assert answer.status == "compile_error"
    assert "break is no part of Triton's language" in answer.text
    assert any("break" in frame for frame in answer.frames), answer
    assert interpret(REFUSED, Case(x=Tensor((1,), fill="constant(-2)"))).status == "ok"


GLOBAL = """
import os
os.environ["TRITON_ALLOW_NON_CONSTEXPR_GLOBALS"] = "{allowed}"
FACTOR = 3

@triton.jit
def kernel(x, y):
    tl.store(y, tl.load(x) * FACTOR)

def work(x):
    y = torch.zeros(1, device=x.device)
    kernel[(1,)](x, y)
    return y
"""


def test_a_kernel_may_read_any_global_variable_where_the_compiler_is_told_so(interpret: Interpret) -> None:
    case = Case(x=Tensor((1,), fill="constant(2)"))
    assert interpret(GLOBAL.format(allowed=1), case).outputs[0].tensor.tolist() == [6]
    refused = interpret(GLOBAL.format(allowed=0), case)
    assert refused.status == "compile_error"
    assert "Cannot access global variable FACTOR" in refused.text
