"""Slices named by an index are set in place: a program fills a part of one slice. Bound by memory.

Slices that are named twice are written twice with the same value.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.places import place, reversed_sizes, reversed_strides


@triton.jit
def fill_kernel(x_ptr, index_ptr, index_stride, stride, value, count, sizes, strides, BLOCK: tl.constexpr):
    tiles = tl.cdiv(count, BLOCK)
    slot = (tl.program_id(0) // tiles).to(tl.int64)
    at = (tl.program_id(0) % tiles).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    named = tl.load(index_ptr + slot * index_stride)
    filled = tl.zeros((BLOCK,), x_ptr.dtype.element_ty) + value
    tl.store(x_ptr + named * stride + place(at, sizes, strides), filled.to(x_ptr.dtype.element_ty), mask=at < count)


def index_fill_(dim: int, x: torch.Tensor, index: torch.Tensor, value: float) -> torch.Tensor:
    bits = x.view(torch.uint8) if x.dtype == torch.bool else x
    if x.numel() and index.numel():
        piece = bits.select(dim, 0)
        count = piece.numel()
        fill_kernel[(index.numel() * triton.cdiv(count, 1024),)](
            bits, index, index.stride(0), bits.stride(dim), float(value) if x.is_floating_point() else int(value),
            count, reversed_sizes(piece.shape), reversed_strides(piece), BLOCK=1024,
        )  # fmt: skip
    return x
