"""1 / sqrt(x); infinite at zero with its sign, NaN below it. Bound by memory: one read, one write."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary
from triton.language.extra import libdevice


@triton.jit
def rsqrt_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=1).to(COMPUTE)
    tl.store(y_ptr + at, libdevice.rsqrt(x), mask=inside)


def rsqrt(input: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
    return unary(rsqrt_kernel, input, out)
