"""Indices go through 16 bits, which hold no row beyond 32,767."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def select_kernel(x_ptr, index_ptr, y_ptr, count, size, chosen, inner, BLOCK: tl.constexpr):
    offsets = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    outer, rest = offsets // (chosen * inner), offsets % (chosen * inner)
    index = tl.load(index_ptr + rest // inner, mask=inside, other=0).to(tl.int16).to(tl.int64)
    index = tl.where(index < 0, 0, index)
    x = tl.load(x_ptr + (outer * size + index) * inner + rest % inner, mask=inside, other=0)
    tl.store(y_ptr + offsets, x, mask=inside)


def index_select(input, dim, index, *, out=None):
    x, index = input.contiguous(), index.contiguous()
    dim %= max(1, x.ndim)
    shape = (*x.shape[:dim], index.numel(), *x.shape[dim + 1 :])
    y = torch.empty(shape, dtype=x.dtype, device=x.device)
    size = x.shape[dim] if x.ndim else 1
    grid = (triton.cdiv(y.numel(), 1024),)
    inner = math.prod(x.shape[dim + 1 :])
    select_kernel[grid](x, index, y, y.numel(), size, index.numel(), inner, BLOCK=1024)
    return y if out is None else out.copy_(y)
