"""The instruments of the interpreter: launches, the order of programs, masked lanes, and counted elements."""

from __future__ import annotations

import math

import pytest

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret

CASE = Case(x=Tensor((10,)))

KERNELS = """
@triton.jit
def scale(x, y, count, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + at, 2 * tl.load(x + at, mask=at < count, other=0.0), mask=at < count)

@triton.jit
def lanes(x, y, count, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    tl.store(y + at, tl.load(x + at, mask=at < count))

@triton.jit
def unmasked(x, y, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    tl.store(y + at, tl.load(x + at))

@triton.jit
def order(y, turn):
    at = (tl.program_id(0) * 2 + tl.program_id(1)) * 2 + tl.program_id(2)
    now = tl.load(turn)
    tl.store(y + at, now)
    tl.store(turn, now + 1)
"""


def test_elements_of_masked_accesses_are_those_that_the_mask_lets_through(interpret: Interpret) -> None:
    code = KERNELS + "def work(x):\n    y = torch.empty_like(x)\n    scale[(4,)](x, y, 10, BLOCK=4)\n    return y\n"
    answer = interpret(code, CASE)
    counts = answer.counts
    assert (counts["launches"], counts["programs"], counts["touched"]) == (1, 4, 20)
    assert counts["bare_loads"] is False


def test_elements_of_unmasked_accesses_count_once(interpret: Interpret) -> None:
    code = KERNELS + "def work(x):\n    y = torch.zeros(8)\n    unmasked[(1,)](x, y, BLOCK=8)\n    return y\n"
    assert interpret(code, CASE).counts["touched"] == 16


@pytest.mark.parametrize(("poisoned", "lane"), [(False, 0.0), (True, math.nan)])
def test_masked_lanes_without_other_are_told_and_poisoned_on_demand(
    interpret: Interpret, poisoned: bool, lane: float
) -> None:
    code = KERNELS + "def work(x):\n    y = torch.zeros(16)\n    lanes[(1,)](x, y, 10, BLOCK=16)\n    return y\n"
    answer = interpret(code, CASE, poison_masked_lanes=poisoned)
    assert answer.counts["bare_loads"] is True
    assert answer.outputs[0].tensor is not None
    found = answer.outputs[0].tensor[10:]
    assert found.isnan().all() if math.isnan(lane) else (found == lane).all()


@pytest.mark.parametrize("shape", ["(1,)", "(1, 1, 1)", "()"])
def test_a_masked_lane_alone_in_its_block_keeps_an_other_of_zero(interpret: Interpret, shape: str) -> None:
    code = KERNELS + (
        "@triton.jit\ndef alone(x_ptr, y_ptr, count, SHAPE: tl.constexpr):\n"
        "    at = tl.zeros(SHAPE, tl.int64)\n"
        "    tl.store(y_ptr + at, tl.load(x_ptr + at + count, mask=at + count < count, other=0))\n\n"
        f"def work(x):\n    y = torch.ones(1)\n    alone[(1,)](x, y, 10, SHAPE={shape})\n    return y\n"
    )
    answer = interpret(code, CASE, poison_masked_lanes=True)
    assert answer.counts["bare_loads"] is False
    assert answer.outputs[0].tensor is not None
    assert answer.outputs[0].tensor.tolist() == [0]


@pytest.mark.parametrize(("dtype", "ones"), [("int32", True), ("bfloat16", False), ("float16", False)])
def test_poison_of_lanes_fits_the_dtype(interpret: Interpret, dtype: str, ones: bool) -> None:
    code = KERNELS + (
        "def work(x):\n    y = torch.zeros(16, dtype=x.dtype)\n    lanes[(1,)](x, y, 10, BLOCK=16)\n    return y\n"
    )
    answer = interpret(code, Case(x=Tensor((10,), dtype)), poison_masked_lanes=True)
    assert answer.outputs[0].tensor is not None
    found = answer.outputs[0].tensor[10:]
    assert (found == 1).all() if ones else found.isnan().all()


ORDERED = KERNELS + (
    "def work(x):\n    y, turn = torch.zeros(8, dtype=torch.int32), torch.zeros(1, dtype=torch.int32)\n"
    "    order[(2, 2, 2)](y, turn)\n    return y\n"
)


def test_programs_run_in_the_order_that_is_asked_for(interpret: Interpret) -> None:
    turns = {}
    for order in ("forward", "reverse", "shuffled"):
        tensor = interpret(ORDERED, CASE, order=order).outputs[0].tensor
        assert tensor is not None
        turns[order] = tensor.tolist()
    assert turns["reverse"] == turns["forward"][::-1]
    assert sorted(turns["shuffled"]) == list(range(8))
    assert turns["shuffled"] not in (turns["forward"], turns["reverse"])
    assert interpret(ORDERED, CASE, order="shuffled").outputs[0].tensor.tolist() == turns["shuffled"]


def test_launches_that_are_skipped_or_fail(interpret: Interpret) -> None:
    code = KERNELS + (
        "def work(x):\n    y = torch.zeros_like(x)\n    try:\n        scale[(4,)](x, y, 10, BLOCK=4)\n"
        "    except RuntimeError as error:\n        return str(error)\n    return y\n"
    )
    skipped = interpret(code, CASE, skip_launches=True)
    assert skipped.outputs[0].tensor is not None
    assert not skipped.outputs[0].tensor.any()
    failed = interpret(code, CASE, fail_launches=True)
    assert failed.outputs[0].value == "'launches fail in this call'"
    assert skipped.counts["launches"] == failed.counts["launches"] == 0


def test_a_launch_that_raises_does_not_count(interpret: Interpret) -> None:
    code = (
        "@triton.jit\ndef wrong(x):\n    tl.store(x, no_such_name)\n"
        "def work(x):\n    try:\n        wrong[(1,)](x)\n    except Exception:\n        pass\n    return x.clone()\n"
    )
    assert interpret(code, CASE).counts["launches"] == 0
