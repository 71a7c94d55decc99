"""Functions for the GPU are called by programs alone, as Triton has it."""

from __future__ import annotations

import pytest

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret

KERNEL = """
@triton.jit
def twice(x):
    return x + x

@triton.jit
def kernel(x, y, n, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    for block in range(tl.cdiv(n, BLOCK)):
        inside = block * BLOCK + at < n
        tl.store(y + block * BLOCK + at, twice(tl.load(x + block * BLOCK + at, mask=inside)), mask=inside)

def launch(x, grid=(1,)):
    y = torch.empty_like(x)
    kernel[grid](x, y, x.numel(), BLOCK=16)
    return y
"""
CASE = Case(x=Tensor((40,)))


@pytest.mark.parametrize(
    "work",
    [
        "return launch(x, (tl.cdiv(40, 64),))",
        "return launch(x, lambda meta: (tl.cdiv(40, 64),))",
        "y = launch(x); return twice(x)",
        "return x * tl.sum(x)",
    ],
)
def test_host_code_cannot_call_them(interpret: Interpret, work: str) -> None:
    answer = interpret(f"{KERNEL}\ndef work(x):\n    {work}\n", CASE)
    assert answer.status == "runtime_error"
    assert answer.message == "RuntimeError: Cannot call @triton.jit'd outside of the scope of a kernel"


@pytest.mark.parametrize(
    "work", ["return x * tl.maximum(1, 2)", "y = launch(x); return y + tl.math.ceil(2.5)", "return tl.arange(0, 4)"]
)
def test_nor_functions_of_the_language(interpret: Interpret, work: str) -> None:
    answer = interpret(f"{KERNEL}\ndef work(x):\n    {work}\n", CASE)
    assert answer.status == "runtime_error"
    assert answer.message.startswith("ValueError: Did you forget to add @triton.jit ?")


def test_programs_can(interpret: Interpret) -> None:
    code = f"{KERNEL}\ndef work(x):\n    return launch(x, lambda meta: (triton.cdiv(40, 64),))\n"
    answer = interpret(code, CASE)
    assert answer.status == "ok", answer.message


def test_after_a_launch_that_fails_too(interpret: Interpret) -> None:
    work = "try:\n        kernel[(1,)](x, None, 40, BLOCK=16)\n    except Exception:\n        pass\n    return twice(x)"
    answer = interpret(f"{KERNEL}\ndef work(x):\n    {work}\n", CASE)
    assert answer.message == "RuntimeError: Cannot call @triton.jit'd outside of the scope of a kernel"
