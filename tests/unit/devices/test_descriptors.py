"""Tensor descriptors that the host makes, and what the driver refuses."""

from __future__ import annotations

import pytest
import torch

from pytest_kernelbench import Case, Tensor
from tests.unit.devices import Interpret

HOST = """
from triton.tools.tensor_descriptor import TensorDescriptor

@triton.jit
def kernel(d, e, rows):
    e.store([0, 0], d.load([rows, 0]) * 2)

def work(x):
    x = torch.arange(32, device=x.device).to(torch.{dtype}).reshape(4, 8)
    y = torch.zeros(4, 8, device=x.device, dtype=torch.{dtype})
    d = TensorDescriptor(x, x.shape, x.stride(), [4, 8], padding="{padding}")
    kernel[(1,)](d, TensorDescriptor.from_tensor(y, [4, 8]), 2)
    return y
"""

DEVICE = """
@triton.jit
def kernel(x, y, stride):
    d = tl.make_tensor_descriptor(x, [4, 4], [stride, 1], [4, 4])
    i = tl.arange(0, 4)
    tl.store(y + i[:, None] * 4 + i[None, :], d.load([0, 0]))

def work(x):
    x = torch.zeros(64, device=x.device)
    y = torch.zeros(4, 4, device=x.device)
    triton.set_allocator(lambda size, alignment, stream: torch.empty(size, dtype=torch.int8, device="cuda"))
    kernel[(1,)](x[{start}:], y, {stride})
    return y
"""


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("padding", ["zero", "nan"])
def test_a_descriptor_of_the_host_pads(interpret: Interpret, dtype: str, padding: str) -> None:
    answer = interpret(HOST.format(dtype=dtype, padding=padding), Case(x=Tensor((1,))))
    assert answer.status == "ok", answer
    found = answer.outputs[0].tensor.float()
    assert torch.equal(found[:2], 2 * torch.arange(32.0).reshape(4, 8)[2:])
    assert (found[2:].isnan() if padding == "nan" else found[2:] == 0).all()


@pytest.mark.parametrize(
    ("start", "stride", "message"),
    [(0, 8, None), (4, 8, None), (1, 8, "the address"), (0, 6, "a stride of 24 bytes")],
)
def test_what_the_driver_refuses_is_refused(interpret: Interpret, start: int, stride: int, message: str | None) -> None:
    answer = interpret(DEVICE.format(start=start, stride=stride), Case(x=Tensor((1,))))
    assert (answer.status == "ok") == (message is None), answer
    assert message is None or message in answer.text
