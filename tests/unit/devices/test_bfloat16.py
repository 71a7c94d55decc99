"""bfloat16 on the interpreter: conversions, arithmetic, products and reductions round to nearest even."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.devices.bfloat16 import narrow, widen
from pytest_kernelbench.wire.materialize import materialize
from tests.unit.devices import Interpret


def bits(tensor: torch.Tensor) -> np.ndarray:
    return tensor.view(torch.int16).numpy().view(np.uint16)


def test_every_bfloat16_survives_widening_and_narrowing() -> None:
    every = np.arange(1 << 16, dtype=np.uint16)
    wide = widen(every)
    assert np.array_equal(
        wide, torch.from_numpy(every.view(np.int16)).view(torch.bfloat16).float().numpy(), equal_nan=True
    )
    finite = ~np.isnan(wide)
    assert np.array_equal(narrow(wide)[finite], every[finite])
    assert np.isnan(widen(narrow(wide[~finite]))).all()


def test_narrowing_rounds_to_nearest_even_as_torch_does() -> None:
    random = np.random.default_rng(0)
    values = np.concatenate(
        [
            random.integers(0, 1 << 32, 100_000, dtype=np.uint32).view(np.float32),
            np.array([0.0, -0.0, np.inf, -np.inf, 3.4e38, 1e-45, 1.00390625, 1.01171875], np.float32),
        ]
    )
    finite = values[~np.isnan(values)]
    assert np.array_equal(narrow(finite), bits(torch.from_numpy(finite).to(torch.bfloat16)))


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0,)])
def test_shapes_are_kept(shape: tuple[int, ...]) -> None:
    assert narrow(np.ones(shape, np.float32)).shape == widen(np.ones(shape, np.uint16)).shape == shape


ELEMENTWISE = """
@triton.jit
def kernel(x, y, out, order, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    a, b = tl.load(x + at), tl.load(y + at)
    tl.store(out + at, a * b + a)
    tl.store(order + at, (a < b).to(tl.int8))

def work(x, y):
    out, order = torch.empty_like(x), torch.empty(x.shape, dtype=torch.int8, device=x.device)
    kernel[(1,)](x, y, out, order, BLOCK=256)
    return out, order
"""


def test_arithmetic_rounds_each_step_and_comparisons_are_exact(interpret: Interpret) -> None:
    case = Case(x=Tensor((256,), "bfloat16"), y=Tensor((256,), "bfloat16", seed=1))
    x, y = materialize(case).values.values()
    answer = interpret(ELEMENTWISE, case)
    assert answer.status == "ok", answer
    out, order = (output.tensor for output in answer.outputs)
    assert torch.equal(out, (x * y) + x)
    assert torch.equal(order, (x < y).to(torch.int8))


REDUCTION = """
@triton.jit
def kernel(x, out, largest, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    a = tl.load(x + at)
    tl.store(out, tl.sum(a, axis=0))
    tl.store(largest, tl.max(a, axis=0))

def work(x):
    out, largest = torch.empty(1, dtype=x.dtype, device=x.device), torch.empty(1, dtype=x.dtype, device=x.device)
    kernel[(1,)](x, out, largest, BLOCK=256)
    return out, largest
"""


def test_reductions_accumulate_in_float32(interpret: Interpret) -> None:
    case = Case(x=Tensor((256,), "bfloat16", "uniform(0.5, 1)"))
    x = materialize(case).values["x"]
    answer = interpret(REDUCTION, case)
    assert answer.status == "ok", answer
    total, largest = (output.tensor for output in answer.outputs)
    assert torch.equal(total, x.float().sum().to(torch.bfloat16).reshape(1))
    assert torch.equal(largest, x.max().reshape(1))


PRODUCT = """
@triton.jit
def kernel(a, b, out, BLOCK: tl.constexpr):
    row, column = tl.arange(0, BLOCK)[:, None], tl.arange(0, BLOCK)[None, :]
    at = row * BLOCK + column
    tl.store(out + at, tl.dot(tl.load(a + at), tl.load(b + at)))

def work(a, b):
    out = torch.empty(a.shape, dtype=torch.float32, device=a.device)
    kernel[(1,)](a, b, out, BLOCK=16)
    return out
"""


def test_products_are_accumulated_in_float32(interpret: Interpret) -> None:
    case = Case(a=Tensor((16, 16), "bfloat16"), b=Tensor((16, 16), "bfloat16"))
    a, b = materialize(case).values.values()
    answer = interpret(PRODUCT, case)
    assert answer.status == "ok", answer
    assert torch.allclose(answer.outputs[0].tensor, a.float() @ b.float(), atol=1e-5)


CONVERSION = """
@triton.jit
def kernel(x, out, whole, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    tl.store(out + at, tl.load(x + at).to(tl.bfloat16))
    tl.store(whole + at, tl.load(x + at).to(tl.bfloat16).to(tl.int32))

def work(x):
    out = torch.empty(x.shape, dtype=torch.bfloat16, device=x.device)
    whole = torch.empty(x.shape, dtype=torch.int32, device=x.device)
    kernel[(1,)](x, out, whole, BLOCK=64)
    return out, whole
"""


@pytest.mark.parametrize("dtype", ["float32", "float16", "int32"])
def test_conversions_round(interpret: Interpret, dtype: str) -> None:
    case = Case(x=Tensor((64,), dtype, "normal(0, 300)"))
    x = materialize(case).values["x"]
    answer = interpret(CONVERSION, case)
    assert answer.status == "ok", answer
    out, whole = (output.tensor for output in answer.outputs)
    assert torch.equal(out, x.to(torch.bfloat16))
    assert torch.equal(whole, x.to(torch.bfloat16).to(torch.int32))


CONSTANTS = """
@triton.jit
def kernel(x, out, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    tl.store(out + at, tl.load(x + at) * 3.7)
    tl.store(out + BLOCK + at, tl.full((BLOCK,), -0.1, tl.bfloat16))

def work(x):
    out = torch.empty(2 * x.numel(), dtype=x.dtype, device=x.device)
    kernel[(1,)](x, out, BLOCK=16)
    return out
"""


def test_constants_are_rounded(interpret: Interpret) -> None:
    case = Case(x=Tensor((16,), "bfloat16"))
    answer = interpret(CONSTANTS, case)
    assert answer.status == "ok", answer
    (x,) = materialize(case).values.values()
    wanted = torch.cat([x * torch.tensor(3.7, dtype=torch.bfloat16), torch.full((16,), -0.1, dtype=torch.bfloat16)])
    assert torch.equal(answer.outputs[0].tensor, wanted)
