"""Writes into the input itself where it is dense, with plain stores, of which any may be the last."""

import torch
import triton
import triton.language as tl


@triton.jit
def scatter_kernel(y_ptr, index_ptr, src_ptr, count, along, sizes, y_strides, src_strides, BLOCK: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    to = tl.load(index_ptr + at, mask=inside, other=0) * along
    source, rest = at * 0, at
    for axis in tl.static_range(len(sizes)):
        to += rest % sizes[axis] * y_strides[axis]
        source += rest % sizes[axis] * src_strides[axis]
        rest = rest // sizes[axis]
    tl.store(y_ptr + to, tl.load(src_ptr + source, mask=inside), mask=inside)


def scatter(input, dim, index, src):
    y, index = input.contiguous(), index.contiguous()
    strides = list(y.stride())
    strides[dim] = 0
    if index.numel():
        scatter_kernel[(triton.cdiv(index.numel(), 64),)](
            y, index, src, index.numel(), y.stride(dim), tuple(index.shape)[::-1], tuple(strides)[::-1],
            src.stride()[::-1], BLOCK=64,
        )  # fmt: skip
    return y
