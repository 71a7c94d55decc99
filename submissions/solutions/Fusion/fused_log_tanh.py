"""tanh(log(x)) in one pass. Bound by memory: one read, one write."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary
from triton.language.extra import libdevice


@triton.jit
def fused_log_tanh_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=1).to(COMPUTE)
    tl.store(y_ptr + at, libdevice.tanh(tl.log(x)), mask=inside)


def fused_log_tanh(input: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
    return unary(fused_log_tanh_kernel, input, out)
