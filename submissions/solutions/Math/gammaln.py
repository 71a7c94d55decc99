"""log(|gamma(x)|) of libdevice. Bound by arithmetic where x is small, else by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, unary
from triton.language.extra import libdevice


@triton.jit
def gammaln_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=1).to(COMPUTE)
    tl.store(y_ptr + at, libdevice.lgamma(x), mask=inside)


def gammaln(input: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
    return unary(gammaln_kernel, input, out)
