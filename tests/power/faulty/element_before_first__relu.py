"""Reads both neighbours of each element, and forgets that the first one has none before it."""

import torch
import triton
import triton.language as tl


@triton.jit
def relu_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0)
    before = tl.load(x_ptr + offsets - 1, mask=offsets <= count, other=0)
    after = tl.load(x_ptr + offsets + 1, mask=offsets + 1 < count, other=0)
    y = tl.where(x.to(tl.float32) < 0, 0.0, x)
    tl.store(y_ptr + offsets, tl.where(before == after, y, y), mask=offsets < count)


def relu(input, inplace=False):
    x = input.contiguous()
    result = torch.empty_like(x)
    relu_kernel[(triton.cdiv(x.numel(), 256),)](x, result, x.numel(), BLOCK=256)
    return input.copy_(result) if inplace else result
