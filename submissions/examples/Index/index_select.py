"""Selects slices by one gather: a tile of results looks up its indices once and copies runs of neighbours."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def index_select_kernel(
    x_ptr, index_ptr, y_ptr, slices, picked, inner, stride_outer, stride_slice, stride_inner,
    BLOCK_SLICES: tl.constexpr, BLOCK_INNER: tl.constexpr,
):  # fmt: skip
    tiles = tl.cdiv(inner, BLOCK_INNER)
    slice_of_y = (tl.program_id(0) // tiles).to(tl.int64) * BLOCK_SLICES + tl.arange(0, BLOCK_SLICES)
    place = (tl.program_id(0) % tiles).to(tl.int64) * BLOCK_INNER + tl.arange(0, BLOCK_INNER)[None, :]
    exists = slice_of_y < slices
    outer = slice_of_y // picked
    index = tl.load(index_ptr + slice_of_y % picked, mask=exists, other=0).to(tl.int64)
    inside = exists[:, None] & (place < inner)
    source = (outer * stride_outer + index * stride_slice)[:, None] + place * stride_inner
    x = tl.load(x_ptr + source, mask=inside)
    tl.store(y_ptr + slice_of_y[:, None] * inner + place, x, mask=inside)


def index_select(input, dim, index):
    dim = dim % max(1, input.ndim)
    before, after = input.shape[:dim], input.shape[dim + 1 :]
    outer, size, inner = math.prod(before), math.prod(input.shape[dim : dim + 1]), math.prod(after)
    x = input.reshape(outer, size, inner)  # a view wherever the strides allow one
    index = index.reshape(-1)
    result = torch.empty((*before, *index.shape, *after) if input.ndim else (), dtype=input.dtype, device=input.device)
    if result.numel() == 0:
        return result
    block_inner = min(triton.next_power_of_2(inner), 1024)
    block_slices = 1024 // block_inner
    slices = outer * index.numel()
    index_select_kernel[(triton.cdiv(slices, block_slices) * triton.cdiv(inner, block_inner),)](
        x, index.contiguous(), result, slices, index.numel(), inner, *x.stride(),
        BLOCK_SLICES=block_slices, BLOCK_INNER=block_inner,
    )  # fmt: skip
    return result
