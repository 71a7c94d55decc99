"""erfc(x), with its own digits where it is small, and sqrt(x), both from one read. Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import floating, lanes, pair
from triton.language.extra import libdevice


@triton.jit
def erfc_sqrt_kernel(x_ptr, erfc_ptr, sqrt_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    tl.store(erfc_ptr + at, libdevice.erfc(x), mask=inside)
    tl.store(sqrt_ptr + at, tl.sqrt(x), mask=inside)


def erfc_sqrt(input: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return pair(erfc_sqrt_kernel, input, floating(input), floating(input))
