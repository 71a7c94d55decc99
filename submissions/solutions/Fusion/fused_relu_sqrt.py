"""sqrt(max(0, x)) in one pass; NaN stays NaN, and with `inplace` the input receives the rectified values too."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, packed, unary


@triton.jit
def relu_sqrt_kernel(
    x_ptr, y_ptr, count, rectified_ptr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    x = tl.where(x < 0, 0.0, x)
    if rectified_ptr is not None:
        tl.store(rectified_ptr + at, x, mask=inside)
    tl.store(y_ptr + at, tl.sqrt(x), mask=inside)


def fused_relu_sqrt(input: torch.Tensor, inplace: bool = False, out: torch.Tensor | None = None) -> torch.Tensor:
    dense = packed(input)
    copied = inplace and dense is not input
    result = unary(relu_sqrt_kernel, dense, None if copied else out, rectified_ptr=dense if inplace else None)
    if copied:
        input.copy_(dense)
        # Where `out` is the input, it ends with the result.
        return result if out is None else out.resize_(result.shape).copy_(result)
    return result
