"""What the interpreter keeps between operations changes nothing: numbers, shapes and dtypes stay what they are."""

from __future__ import annotations

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret

X = Case(x=Tensor((8,), "float32", "uniform(1, 2)"))


def kernel(body: str, launches: int = 1) -> str:
    """Return code whose `work` launches a kernel on a block `v` of `x` several times; `body` sets the result `r`."""
    return f"""
@triton.jit
def compute(x, y, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    v = tl.load(x + at)
    {body}
    tl.store(y + at, r)

def work(x):
    y = torch.zeros_like(x)
    for _ in range({launches}):
        compute[(1,)](x, y, BLOCK=8)
    return y
"""


def result(interpret: Interpret, body: str, case: Case = X, launches: int = 1) -> torch.Tensor:
    answer = interpret(kernel(body, launches), case)
    assert answer.status == "ok", answer
    assert answer.outputs[0].tensor is not None
    return answer.outputs[0].tensor


def test_both_zeros_keep_their_sign(interpret: Interpret) -> None:
    # Some versions of Triton make a positive zero of a negative one.
    negative = torch.signbit(result(interpret, "r = v * -0.0"))
    assert not torch.signbit(result(interpret, "w = v * -0.0\n    r = v * 0.0")).any()
    assert torch.equal(torch.signbit(result(interpret, "w = v * 0.0\n    r = v * -0.0")), negative)


def test_equal_numbers_of_other_types_are_other_operands(interpret: Interpret) -> None:
    body = "i = at + 2; r = v * 0 + (i / 2).to(tl.float32) + (i // 2) + (1 / i) * 0 + (v > 1) * 1.0 + (v > 1) * 1"
    expected = torch.arange(2, 10) / 2 + torch.arange(2, 10) // 2 + 2
    assert torch.equal(result(interpret, body, Case(x=Tensor((8,), "float32", "constant(2)")), 2), expected)


def test_a_number_as_first_operand_is_no_second_one(interpret: Interpret) -> None:
    first, second = result(interpret, "r = (v - 3) * 10 + (3 - v)", launches=2), result(interpret, "r = (v - 3) * 9")
    assert torch.allclose(first, second)


def test_numbers_take_the_shape_of_each_block(interpret: Interpret) -> None:
    body = "w = v[:, None] * 2 + v[None, :] * 2; r = tl.sum(w, 1) / 2 - tl.sum(v * 2, 0) / 2 - 7 * v"
    values = result(interpret, "r = v")
    assert torch.allclose(result(interpret, body), values, atol=1e-5)


def test_halves_are_divided_in_single_precision(interpret: Interpret) -> None:
    case = Case(x=Tensor((8,), "float16", "uniform(1, 2)"))
    body = "r = v / (v + 1)\n    tl.static_assert(r.dtype == tl.float32)"
    assert result(interpret, body, case, 2).dtype == torch.float16


@pytest.mark.parametrize("launches", [1, 2])
def test_a_number_that_does_not_fit_is_refused_each_time(interpret: Interpret, launches: int) -> None:
    code = kernel("i = v.to(tl.int8)\n    r = i + 100", launches) + "\nkernel_is = 1\n"
    assert interpret(code, X).status == "ok"
    refused = interpret(kernel("i = v.to(tl.int8)\n    r = i + 300", launches), X)
    assert refused.status != "ok"
    assert "300" in refused.message


def test_shapes_of_blocks_are_those_of_the_language(interpret: Interpret) -> None:
    body = """tl.static_assert(v.shape[0] == BLOCK and len(v.shape) == 1 and v.numel == 8)
    w = tl.reshape(v, [2, 4])
    tl.static_assert(w.shape[0] == 2 and w.shape[1] == 4 and w.type.shape[1] == 4)
    tl.static_assert(tl.trans(w).shape[0] == 4)
    r = tl.reshape(tl.trans(tl.trans(w)), [8])"""
    assert torch.equal(result(interpret, body, launches=2), result(interpret, "r = v"))


def test_the_language_is_the_same_before_and_after_launches(interpret: Interpret) -> None:
    code = (
        kernel("r = v + tl.sum(v, 0) + tl.max(v, 0)")
        + """
launch = work
def work(x):
    launch(x)
    owners = tl, tl.core, tl.tensor, tl.dtype
    before = [dict(vars(owner)) for owner in owners]
    y = launch(x)
    for owner, known in zip(owners, before):
        assert vars(owner).keys() == known.keys()
        assert not [name for name, value in known.items() if vars(owner)[name] is not value]
    return y
"""
    )
    assert interpret(code, X).status == "ok"
