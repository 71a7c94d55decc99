"""Whether the sign bit is set, read from the bits: true for -0 and for a negative NaN. Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary

BITS = {2: tl.int16, 4: tl.int32, 8: tl.int64}


@triton.jit
def signbit_kernel(x_ptr, y_ptr, count, BITS: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside)
    if x.dtype.is_floating():
        x = x.to(BITS, bitcast=True)
    tl.store(y_ptr + at, x < 0, mask=inside)


def signbit(input: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
    return unary(signbit_kernel, input, out, dtype=torch.bool, BITS=BITS.get(input.element_size(), tl.int8))
