"""log(x); -inf at zero, NaN below it. Bound by memory: one read, one write."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary


@triton.jit
def log_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=1).to(COMPUTE)
    tl.store(y_ptr + at, tl.log(x), mask=inside)


def log(input: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
    return unary(log_kernel, input, out)
