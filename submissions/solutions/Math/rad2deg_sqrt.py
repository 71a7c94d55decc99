"""x * 180 / pi and sqrt(x), both from one read. Bound by memory: one read, two writes."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import floating, lanes, pair


@triton.jit
def rad2deg_sqrt_kernel(x_ptr, degrees_ptr, sqrt_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    tl.store(degrees_ptr + at, x * 57.29577951308232, mask=inside)
    tl.store(sqrt_ptr + at, tl.sqrt(x), mask=inside)


def rad2deg_sqrt(input: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return pair(rad2deg_sqrt_kernel, input, floating(input), floating(input))
