"""scale * x above zero, scale * alpha * (exp(x) - 1) below it, with expm1 for tiny x. Bound by memory.

The constants are those of Klambauer et al., Self-Normalizing Neural Networks, 2017.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary
from triton.language.extra import libdevice


@triton.jit
def selu_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    negative = 1.7580993408473766 * libdevice.expm1(x)
    tl.store(y_ptr + at, tl.where(x > 0, 1.0507009873554805 * x, negative), mask=inside)


def selu(input: torch.Tensor, inplace: bool = False) -> torch.Tensor:
    return unary(selu_kernel, input, input if inplace else None)
