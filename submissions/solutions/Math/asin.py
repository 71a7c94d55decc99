"""asin(x) of libdevice; NaN outside [-1, 1]. Bound by memory: one read, one write."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary
from triton.language.extra import libdevice


@triton.jit
def asin_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    tl.store(y_ptr + at, libdevice.asin(x), mask=inside)


def asin(input_tensor: torch.Tensor) -> torch.Tensor:
    return unary(asin_kernel, input_tensor)
