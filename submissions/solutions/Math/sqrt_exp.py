"""exp(sqrt(x)); NaN below zero. Bound by memory: one read, one write."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary


@triton.jit
def sqrt_exp_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    tl.store(y_ptr + at, tl.exp(tl.sqrt(x)), mask=inside)


def sqrt_exp(input: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
    return unary(sqrt_exp_kernel, input, out)
