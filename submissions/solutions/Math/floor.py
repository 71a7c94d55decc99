"""Largest integer not above x.

Integers, which float32 could not hold, are copied as they are. Bound by memory: one read, one write.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary


@triton.jit
def floor_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside)
    if x_ptr.dtype.element_ty.is_floating():
        tl.store(y_ptr + at, tl.floor(x.to(COMPUTE)), mask=inside)
    else:
        tl.store(y_ptr + at, x, mask=inside)


def floor(input: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
    return unary(floor_kernel, input, out, dtype=input.dtype)
