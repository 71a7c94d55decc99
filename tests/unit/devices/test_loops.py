"""Loop variables and float arguments of interpreted kernels."""

from __future__ import annotations

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.devices.loops import LongLoopIndex, LoopIndex, loop
from tests.unit.devices import Interpret


@pytest.mark.parametrize("arguments", [(5,), (2, 5), (5, 2, -1), (0,), (3, 3)])
def test_a_loop_yields_what_range_yields(arguments: tuple[int, ...]) -> None:
    found = list(loop(*arguments))
    assert found == list(range(*arguments))
    assert all(type(each) is LoopIndex for each in found)


def test_a_step_may_have_a_name_and_hints_are_ignored() -> None:
    assert list(loop(6, step=2, num_stages=3)) == [0, 2, 4]
    assert list(loop(1, 6, step=2)) == [1, 3, 5]


def test_arithmetic_with_integers_gives_a_loop_variable_again() -> None:
    index = LoopIndex(7)
    for result in (index + 1, 1 + index, index * 2, 2 * index, index // 2, index % 4, index << 1, index & 3, index | 8):
        assert type(result) is LoopIndex
    assert (index - 3, 10 - index, index ^ 1) == (4, 3, 6)
    assert all(type(each) is LoopIndex for each in (-index, ~index, +index, abs(index)))
    assert index == 7


def test_quotients_round_towards_zero_and_remainders_have_the_sign_of_the_dividend() -> None:
    assert [LoopIndex(value) // 2 for value in (-3, -2, -1, 3)] == [-1, -1, 0, 1]
    assert [LoopIndex(value) % 2 for value in (-3, -2, -1, 3)] == [-1, 0, -1, 1]
    assert (-7 // LoopIndex(2), -7 % LoopIndex(2), 7 // LoopIndex(-2), -LoopIndex(7) // 2) == (-3, -1, -3, -3)


def test_a_loop_variable_has_the_bits_of_its_bounds() -> None:
    (short,) = loop((1 << 31) - 1, 1 << 30, -(1 << 30))
    assert (short + 1, short * 2) == (-(1 << 31), -2)
    (long,) = loop(1 << 31, (1 << 31) + 1)
    assert (type(long), long + 1, (long << 32) + long) == (LongLoopIndex, (1 << 31) + 1, (1 << 31) - (1 << 63))


KERNEL = """
@triton.jit
def kernel(y, total, count, scale, ROUNDS: tl.constexpr):
    for start in range(0, count, 2):
        tl.store(y + start, start.to(tl.float32) * scale)
    for step in tl.range(0, count, num_stages=2):
        tl.store(total + step, (step * 3 + 1).to(tl.int64))
    for turn in tl.static_range(ROUNDS):
        tl.store(total + turn, turn)

def work(x):
    y = torch.zeros(6, device=x.device)
    total = torch.zeros(6, dtype=torch.int64, device=x.device)
    kernel[(1,)](y, total, 6, 0.5, ROUNDS=2)
    return y, total
"""


def test_loop_variables_of_a_kernel_behave_as_tensors(interpret: Interpret) -> None:
    answer = interpret(KERNEL, Case(x=Tensor((1,))))
    assert answer.status == "ok", answer
    y, total = (output.tensor for output in answer.outputs)
    assert torch.equal(y, torch.tensor([0.0, 0, 1, 0, 2, 0]))
    assert total.tolist() == [0, 1, 7, 10, 13, 16]
