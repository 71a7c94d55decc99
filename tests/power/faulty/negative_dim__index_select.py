"""Refuses dimensions that are counted from the end."""

from math import prod

import torch
import triton
import triton.language as tl


@triton.jit
def select_kernel(x_ptr, index_ptr, y_ptr, count, size, picked, inner, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = place < count
    index = tl.load(index_ptr + place // inner % picked, mask=inside, other=0)
    source = (place // (inner * picked) * size + index) * inner + place % inner
    tl.store(y_ptr + place, tl.load(x_ptr + source, mask=inside, other=0), mask=inside)


def index_select(input, dim, index):
    if not 0 <= dim < input.ndim:
        raise IndexError(f"no dimension {dim}")
    before, after = input.shape[:dim], input.shape[dim + 1 :]
    picked = index.numel()
    result = torch.empty((*before, picked, *after), dtype=input.dtype, device=input.device)
    grid = (triton.cdiv(result.numel(), 1024),)
    x, inner = input.contiguous(), prod(after)
    select_kernel[grid](x, index.contiguous(), result, result.numel(), input.shape[dim], picked, inner, BLOCK=1024)
    return result
