"""Numbers of eight bits in constants: where the compiler takes them, they have their value."""

from __future__ import annotations

import pytest
from triton.language.semantic import TritonSemantic

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret

KNOWN = "create_fp_trunc" in TritonSemantic.scalar_constant.__code__.co_names
"""Whether the installed Triton makes constants of eight bits; older versions refuse them."""

WORK = """
@triton.jit
def kernel(y):
    at = tl.arange(0, 8)
    block = tl.full((8,), 1.7, tl.{kind})
    tl.store(y + at, block.to(tl.float32))

def work(x):
    y = torch.empty(8, device=x.device)
    kernel[(1,)](y)
    return y
"""


@pytest.mark.parametrize(("kind", "value"), [("float8e4nv", 1.75), ("float8e5", 1.75)])
def test_a_constant_of_eight_bits_has_its_value(interpret: Interpret, kind: str, value: float) -> None:
    answer = interpret(WORK.format(kind=kind), Case(x=Tensor((1,))))
    if KNOWN:
        assert answer.status == "ok", answer
        assert answer.outputs[0].tensor.tolist() == [value] * 8
    else:
        assert answer.status != "ok"
