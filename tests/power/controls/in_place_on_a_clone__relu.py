"""Works in place on a copy that torch has made."""

import torch
import triton
import triton.language as tl


@triton.jit
def relu_kernel(y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    y = tl.load(y_ptr + offsets, mask=offsets < count, other=0)
    tl.store(y_ptr + offsets, tl.where(y < 0, tl.zeros_like(y), y), mask=offsets < count)


def relu(input, inplace=False):
    y = input.clone(memory_format=torch.contiguous_format)
    relu_kernel[(triton.cdiv(y.numel(), 1024),)](y, y.numel(), BLOCK=1024)
    return input.copy_(y) if inplace else y
