"""x above zero, negative_slope * x below it; NaN takes the second way and stays NaN. Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary


@triton.jit
def leaky_relu_kernel(x_ptr, y_ptr, count, slope, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    tl.store(y_ptr + at, tl.where(x > 0, x, x * slope), mask=inside)


def leaky_relu(input: torch.Tensor, negative_slope: float = 0.01, inplace: bool = False) -> torch.Tensor:
    return unary(leaky_relu_kernel, input, input if inplace else None, slope=negative_slope)
