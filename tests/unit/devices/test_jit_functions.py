"""Interpreted functions in the place of compiled ones, as libraries of kernels use them."""

from __future__ import annotations

import pytest

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret

CASE = Case(x=Tensor((8,)))

CODE = """
import multiprocessing

@triton.jit
def helper(x):
    return 2 * x

@triton.jit(do_not_specialize=["n"])
def kernel(x, y, n, scale: tl.constexpr, BLOCK: tl.constexpr = 8):
    at = tl.arange(0, BLOCK)
    tl.store(y + at, scale * helper(tl.load(x + at, mask=at < n)), mask=at < n)

class Entry(triton.KernelInterface):
    def __init__(self, function):
        self.function = function
        while not isinstance(function, triton.runtime.JITFunction):
            function = function.fn
        self.jit = function
        self.lock = multiprocessing.Lock()
        self.cache = {}

    def run(self, *args, grid, **kwargs):
        with self.lock:
            if not self.cache:
                self.cache[0] = self.function.run(*args, grid=grid, **kwargs)
        given = PASSED(self.jit.params, args, kwargs)
        self.cache[0][grid](*given)

def work(x):
    y = torch.zeros_like(x)
    entry = Entry(kernel)
    for scale in (3.0, 3.0):
        entry[(1,)](x, y, 8, scale=scale)
    return y - 6 * x
"""
PASSED = {
    "all": "lambda params, args, kwargs: (*args, kwargs['scale'], 8)",
    "all but constants": "lambda params, args, kwargs: args[:3]",
}


@pytest.mark.parametrize("which", PASSED)
def test_a_library_may_launch_what_a_first_launch_has_returned(interpret: Interpret, which: str) -> None:
    answer = interpret(f"PASSED = {PASSED[which]}\n{CODE}", CASE)
    assert answer.status == "ok", answer.text
    assert answer.outputs[0].tensor is not None
    assert not answer.outputs[0].tensor.any()
    assert answer.counts["launches"] == 3


def test_parameters_and_keys_are_those_of_a_compiled_function(interpret: Interpret) -> None:
    checks = (
        "[p.name for p in kernel.params if p.is_constexpr] == ['scale', 'BLOCK']",
        "[p.name for p in kernel.params if p.do_not_specialize] == ['n']",
        "list(kernel.signature.parameters) == kernel.arg_names",
        "kernel.cache_key != helper.cache_key",
        "'tl.store' in kernel.src",
        "not hasattr(kernel, 'data_ptr')",
    )
    answer = interpret(f"PASSED = None\n{CODE}\ndef work(x):\n    return torch.tensor([{', '.join(checks)}])\n", CASE)
    assert answer.status == "ok", answer.text
    assert answer.outputs[0].tensor is not None
    assert answer.outputs[0].tensor.tolist() == [True] * len(checks)


DUCK = """
class Buffer:
    def __init__(self, base):
        self.base, self.dtype, self.device = base, base.dtype, base.device

    def data_ptr(self):
        return self.base.data_ptr()

@triton.jit
def kernel(x, y):
    tl.store(y + tl.arange(0, 8), tl.load(x + tl.arange(0, 8)) + 1)
def work(x):
    y = torch.empty_like(x)
    kernel[(1,)](Buffer(x), Buffer(y))
    return y - x - 1
"""


def test_whatever_has_an_address_and_a_dtype_is_a_pointer(interpret: Interpret) -> None:
    answer = interpret(DUCK, CASE)
    assert answer.status == "ok", answer.text
    assert answer.outputs[0].tensor is not None
    assert answer.outputs[0].tensor.abs().max() < 1e-6


TUNED = """
@triton.autotune([triton.Config({"BLOCK": 8}), triton.Config({"BLOCK": 16})], key=[])
@triton.jit
def kernel(x, BLOCK: tl.constexpr):
    pass
def work(x):
    kernel[(1,)](x)
    return torch.tensor(kernel.best_config.kwargs["BLOCK"])
"""


def test_host_code_may_read_the_configuration_that_was_chosen(interpret: Interpret) -> None:
    for config, block in ((0, 8), (1, 16)):
        answer = interpret(TUNED, CASE, config=config)
        assert answer.status == "ok", answer.text
        assert answer.outputs[0].tensor is not None
        assert int(answer.outputs[0].tensor) == block


AGGREGATE = """
from triton.language.core import _aggregate

@_aggregate
class Pair:
    left: tl.tensor
    right: tl.tensor

    def __init__(self, left, right):
        self.left = left
        self.right = right

    @triton.jit
    def total(self, scale):
        return (self.left + self.right) * scale

@triton.jit
def kernel(x, y):
    at = tl.arange(0, 8)
    block = tl.load(x + at)
    tl.store(y + at, Pair(block, block).total(3))

class Host:
    launched = kernel

def work(x):
    y = torch.empty_like(x)
    Host().launched[(1,)](x, y)
    return y - 6 * x
"""


def test_methods_of_aggregates_get_their_value_and_kernels_of_classes_do_not(interpret: Interpret) -> None:
    answer = interpret(AGGREGATE, CASE)
    assert answer.status == "ok", answer.text
    assert answer.outputs[0].tensor is not None
    assert answer.outputs[0].tensor.abs().max() < 1e-5
