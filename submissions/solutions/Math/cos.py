"""cos(x) with libdevice's reduction of large angles. Bound by memory: one read, one write."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary


@triton.jit
def cos_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    tl.store(y_ptr + at, tl.cos(x), mask=inside)


def cos(input_tensor: torch.Tensor) -> torch.Tensor:
    return unary(cos_kernel, input_tensor)
