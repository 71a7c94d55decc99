"""Turns one axis in each launch, by remainders of positive numbers."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def shift_kernel(x_ptr, y_ptr, outer, size, inner, shift, count, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    o, i, r = place // (size * inner), place // inner % size, place % inner
    source = (i + shift) % size
    x = tl.load(x_ptr + (o * size + source) * inner + r, mask=place < count)
    tl.store(y_ptr + place, x, mask=place < count)


def ifftshift(input, dim=None):
    dims = range(input.ndim) if dim is None else ([dim] if isinstance(dim, int) else dim)
    x = torch.view_as_real(input).contiguous() if input.is_complex() else input.contiguous()
    for d in dims:
        d %= input.ndim
        size, inner, outer = x.shape[d], math.prod(x.shape[d + 1 :]), math.prod(x.shape[:d])
        y = torch.empty_like(x)
        shift_kernel[(triton.cdiv(x.numel(), 512),)](x, y, outer, size, inner, size // 2, x.numel(), BLOCK=512)
        x = y
    if x is input:
        x = x.clone()
    return torch.view_as_complex(x) if input.is_complex() else x
