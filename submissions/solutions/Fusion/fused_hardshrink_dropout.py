"""Hard shrinkage of dropout in one pass; with `inplace` the input receives what dropout gives. Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.flat import lanes, packed, unary
from _common.randomness import dropped, scale_of, seed


@triton.jit
def shrink_kernel(
    x_ptr, y_ptr, count, dropped_ptr, number, p, scale, lambd, COMPUTE: tl.constexpr, BLOCK: tl.constexpr
):  # fmt: skip
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    # Rounded to the dtype of the result before it is compared with the threshold, as two steps would.
    x = dropped(x, at, number, p, scale).to(x_ptr.dtype.element_ty).to(COMPUTE)
    if dropped_ptr is not None:
        tl.store(dropped_ptr + at, x, mask=inside)
    tl.store(y_ptr + at, tl.where((x >= -lambd) & (x <= lambd), 0.0, x), mask=inside)


def fused_hardshrink_dropout(
    input: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, lambd: float = 0.5
) -> torch.Tensor:
    p = float(p) if training else 0.0
    dense = packed(input)
    result = unary(
        shrink_kernel, dense, dropped_ptr=dense if inplace else None, number=seed(), p=p, scale=scale_of(p),
        lambd=float(lambd),
    )  # fmt: skip
    if inplace and dense is not input:
        input.copy_(dense)
    return result
