"""Copy of the input, then elements of src at places that an index names: two passes. Bound by memory.

Of several elements for one place the last one written stays, as the operation allows. One pass, in which each place
looks for an element of its own, was dropped: it reads the index once for each place.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.places import place, reversed_sizes, reversed_strides


@triton.jit
def copy_kernel(x_ptr, y_ptr, count, sizes, strides, BLOCK: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    tl.store(y_ptr + at, tl.load(x_ptr + place(at, sizes, strides), mask=inside, other=0), mask=inside)


@triton.jit
def scatter_kernel(
    index_ptr, src_ptr, y_ptr, count, stride, sizes, index_strides, src_strides, y_strides, BLOCK: tl.constexpr
):
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    to = tl.load(index_ptr + place(at, sizes, index_strides), mask=inside, other=0).to(tl.int64)
    x = tl.load(src_ptr + place(at, sizes, src_strides), mask=inside, other=0)
    tl.store(y_ptr + place(at, sizes, y_strides) + to * stride, x, mask=inside)


def scatter(input: torch.Tensor, dim: int, index: torch.Tensor, src: torch.Tensor) -> torch.Tensor:
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    count = input.numel()
    sizes, strides = reversed_sizes(input.shape), reversed_strides(input)
    if input.is_contiguous():
        sizes, strides = (count,), (1,)
    if count:
        copy_kernel[(triton.cdiv(count, 1024),)](input, result, count, sizes, strides, BLOCK=1024)
    if index.numel():
        places = list(result.stride()) or [0]
        stride, places[dim] = places[dim], 0  # the index says where along this dimension
        scatter_kernel[(triton.cdiv(index.numel(), 1024),)](
            index, src, result, index.numel(), stride, reversed_sizes(index.shape), reversed_strides(index),
            reversed_strides(src), tuple(places)[::-1], BLOCK=1024,
        )  # fmt: skip
    return result
