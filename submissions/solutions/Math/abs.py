"""|x| of floating and integer tensors, each in its own dtype. Bound by memory: one read, one write."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary


@triton.jit
def abs_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    tl.store(y_ptr + at, tl.abs(tl.load(x_ptr + at, mask=inside)), mask=inside)


def abs(input_tensor: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
    return unary(abs_kernel, input_tensor, out, dtype=input_tensor.dtype)
