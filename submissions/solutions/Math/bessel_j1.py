"""J1(x) of libdevice. Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary
from triton.language.extra import libdevice


@triton.jit
def bessel_j1_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    tl.store(y_ptr + at, libdevice.j1(x), mask=inside)


def bessel_j1(input: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
    return unary(bessel_j1_kernel, input, out)
