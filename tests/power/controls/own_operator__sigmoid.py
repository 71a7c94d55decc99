"""Launches inside an operator that is registered with torch."""

import torch
import triton
import triton.language as tl


@triton.jit
def sigmoid_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)), mask=offsets < count)


def launch(x):
    y = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    sigmoid_kernel[(triton.cdiv(x.numel(), 1024),)](x.contiguous(), y, x.numel(), BLOCK=1024)
    return y


LIBRARY = torch.library.Library("control_operators", "DEF")
LIBRARY.define("sigmoid(Tensor x) -> Tensor")
LIBRARY.impl("sigmoid", launch, "CompositeExplicitAutograd")


def sigmoid(input, out=None):
    result = torch.ops.control_operators.sigmoid(input)
    return result if out is None else out.copy_(result)
