"""Operators that a kernel registers for CUDA are called, however they are registered."""

from __future__ import annotations

import pytest

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret

CASE = Case(x=Tensor((5,)))

LAUNCH = """
@triton.jit
def kernel(x, y, N: tl.constexpr):
    at = tl.arange(0, 8)
    tl.store(y + at, 2 * tl.load(x + at, mask=at < N), mask=at < N)

def launch(x):
    y = torch.empty_like(x)
    kernel[(1,)](x, y, x.numel())
    return y

def elsewhere(x):
    raise RuntimeError("not on this device")
"""

BY_LIBRARY = """
lib = torch.library.Library("mine", "DEF")
lib.define("twice(Tensor x) -> Tensor")
{registered}

def work(x):
    return torch.ops.mine.twice(x)
"""

DECORATED = """
@torch.library.custom_op("mine::decorated", mutates_args=(), device_types="cuda")
def decorated(x: torch.Tensor) -> torch.Tensor:
    return launch(x)

@decorated.register_kernel("cpu")
def _(x):
    return elsewhere(x)

def work(x):
    return decorated(x)
"""


@pytest.mark.parametrize(
    "code",
    [
        BY_LIBRARY.format(registered='lib.impl("twice", launch, "CUDA")'),
        BY_LIBRARY.format(registered='torch.library.impl(lib, "twice", "CUDA")(launch)').replace("mine", "my_own"),
        BY_LIBRARY.format(registered='torch.library.impl("other::twice", "cuda", launch)').replace("mine", "other"),
        BY_LIBRARY.format(registered='lib.impl("twice", elsewhere, "CPU")\nlib.impl("twice", launch, "CUDA")').replace(
            "mine", "cpu_first"
        ),
        BY_LIBRARY.format(registered='lib.impl("twice", launch, "CUDA")\nlib.impl("twice", elsewhere, "CPU")').replace(
            "mine", "cpu_last"
        ),
        DECORATED,
    ],
    ids=["impl", "decorator", "qualified name", "CPU first", "CPU last", "custom_op"],
)
def test_an_operator_for_cuda_is_called(interpret: Interpret, code: str) -> None:
    answer = interpret(LAUNCH + code, CASE)
    assert answer.status == "ok", answer
    assert answer.counts["launches"] == 1


def test_an_operator_of_torch_stays_as_it_is(interpret: Interpret) -> None:
    code = 'lib = torch.library.Library("aten", "IMPL")\nlib.impl("abs", elsewhere, "CUDA")\n'
    answer = interpret(f"{LAUNCH}{code}def work(x):\n    return x.abs()\n", CASE)
    assert answer.status == "ok", answer
