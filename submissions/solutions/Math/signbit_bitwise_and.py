"""Whether the sign bit of input is set, and input & other in the integer dtype of other, both from one read."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import BLOCK, lanes

BITS = {2: tl.int16, 4: tl.int32, 8: tl.int64}


@triton.jit
def signbit_and_kernel(x_ptr, other_ptr, sign_ptr, and_ptr, count, BITS: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0)
    other = tl.load(other_ptr + at, mask=inside, other=0)
    if x.dtype.is_floating():
        negative = x.to(BITS, bitcast=True) < 0
        x = x.to(tl.float32)
    else:
        negative = x < 0
    tl.store(sign_ptr + at, negative, mask=inside)
    tl.store(and_ptr + at, x.to(other.dtype) & other, mask=inside)


def signbit_bitwise_and(input: torch.Tensor, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    x, mask = input.contiguous(), other.contiguous()
    # A bool is a byte that is 0 or 1.
    if x.dtype == torch.bool:
        x = x.view(torch.uint8)
    whole = mask.view(torch.uint8) if mask.dtype == torch.bool else mask
    sign, both = torch.empty_like(x, dtype=torch.bool), torch.empty_like(whole)
    if x.numel():
        signbit_and_kernel[(triton.cdiv(x.numel(), BLOCK),)](
            x, whole, sign, both, x.numel(), BITS=BITS.get(x.element_size(), tl.int8), BLOCK=BLOCK
        )
    return sign, both.view(torch.bool) if mask.dtype == torch.bool else both
