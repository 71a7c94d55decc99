"""log(x / (1 - x)), of x clamped to [eps, 1 - eps] where eps is given. Bound by memory: one read, one write."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary


@triton.jit
def logit_kernel(x_ptr, y_ptr, count, eps, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0.5).to(COMPUTE)
    if eps is not None:
        # Two selections, and not minimum and maximum, which would replace NaN.
        low, high = eps.to(COMPUTE), 1.0 - eps.to(COMPUTE)
        x = tl.where(x < low, low, tl.where(x > high, high, x))
    tl.store(y_ptr + at, tl.log(x / (1.0 - x)), mask=inside)


def logit(input: torch.Tensor, eps: float | None = None, out: torch.Tensor | None = None) -> torch.Tensor:
    return unary(logit_kernel, input, out, eps=eps)
