"""The error function of the hardware's library. Bound by memory: one read, one write."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary


@triton.jit
def erf_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    tl.store(y_ptr + at, tl.erf(x), mask=inside)


def erf(input_tensor: torch.Tensor) -> torch.Tensor:
    return unary(erf_kernel, input_tensor)
