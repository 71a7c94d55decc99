"""Numbers of interpreted kernels have the dtypes and the arithmetic of compiled ones."""

from __future__ import annotations

import pytest

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret

FLOATS = """
@triton.jit
def kernel(x, y, scale, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    product = tl.load(x + at) * scale
    tl.store(y + at, product)

def work(x):
    y = torch.empty(x.shape, dtype=torch.float32, device=x.device)
    kernel[(1,)](x, y, 1.0009765625, BLOCK=8)
    return y
"""


def test_a_float_argument_widens_half_precision(interpret: Interpret) -> None:
    answer = interpret(FLOATS, Case(x=Tensor((8,), "float16", "constant(1)")))
    assert answer.status == "ok", answer
    assert (answer.outputs[0].tensor == 1.0009765625).all()


SCALARS = """
@triton.jit
def helper(value, by):
    return value // by

@triton.jit
def kernel(y, n, big, small, HALF: tl.constexpr):
    low, width = -3, 2
    tl.store(y, low // width)
    named: tl.int32 = -3
    tl.store(y + 1, named // 2)
    fixed: tl.constexpr = -3
    tl.store(y + 2, fixed // 2)
    tl.store(y + 3, (-3 if n > 0 else 4) // 2)
    tl.store(y + 4, (-3 if HALF > 0 else 4) // 2)
    count = n
    count //= 2
    tl.store(y + 5, count)
    for i in range(-3, -2):
        tl.store(y + 6, helper(i, 2))
        tl.store(y + 7, (i + tl.load(small)).to(tl.int64))
        tl.store(y + 8, (i / 2 * 4).to(tl.int64))
    for i in tl.static_range(-3, -2):
        tl.store(y + 9, i // 2)
    for i in range(big, big + 1):
        tl.store(y + 10, i * 4)
    for i in range(1 << 20, (1 << 20) + 1):
        tl.store(y + 11, i * 4096)
    tl.store(y + 12, n * n * n * n)
    tl.store(y + 13, (-n) % 2)

def work(x):
    y = torch.zeros(14, dtype=torch.int64)
    kernel[(1,)](y, -7 if x is None else 257, 1 << 31, torch.full((1,), 127, dtype=torch.int8), HALF=2)
    return y
"""

WANTED = {
    "a pair": -1, "an annotated number": -1, "a constexpr": -2, "a choice at run time": -1,
    "a choice at compile time": -2,
    "an argument": 128, "a loop variable in a helper": -1, "a loop variable and an int8": 124, "a quotient": -6,
    "a static loop": -2, "a loop of 64 bits": 1 << 33, "a product of 32 bits": 0,
    "an argument to the fourth": 257**4 - (1 << 32), "a negative remainder": -1,
}  # fmt: skip


@pytest.fixture(scope="module")
def scalars(interpret: Interpret) -> dict[str, int]:
    answer = interpret(SCALARS, Case(x=Tensor((1,))))
    assert answer.status == "ok", answer
    assert answer.outputs[0].tensor is not None
    return dict(zip(WANTED, answer.outputs[0].tensor.tolist(), strict=True))


@pytest.mark.parametrize("name", WANTED)
def test_numbers_are_tensors_where_the_compiler_makes_them_so(name: str, scalars: dict[str, int]) -> None:
    assert scalars[name] == WANTED[name]
