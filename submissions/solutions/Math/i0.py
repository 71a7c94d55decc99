"""I0(x) of libdevice (Chebyshev series below and above 8). Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary
from triton.language.extra import libdevice


@triton.jit
def i0_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    tl.store(y_ptr + at, libdevice.cyl_bessel_i0(x), mask=inside)


def i0(input_tensor: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
    return unary(i0_kernel, input_tensor, out)
