"""cos(x) and whether it is negative, both from one read. Bound by memory: one read, two writes."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import floating, lanes, pair


@triton.jit
def cos_signbit_kernel(x_ptr, cos_ptr, sign_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    cosine = tl.cos(tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE))
    tl.store(cos_ptr + at, cosine, mask=inside)
    # No float is so close to an odd multiple of pi / 2 that its cosine is -0.
    tl.store(sign_ptr + at, cosine < 0, mask=inside)


def fused_cos_signbit(input: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return pair(cos_signbit_kernel, input, floating(input), torch.bool)
