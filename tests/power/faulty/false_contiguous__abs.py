"""Promises contiguous offsets, but takes its block from the end to the start."""

import torch
import triton
import triton.language as tl


@triton.jit
def abs_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + BLOCK - 1 - tl.arange(0, BLOCK)
    offsets = tl.max_contiguous(offsets, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0)
    tl.store(y_ptr + offsets, tl.abs(x), mask=offsets < count)


def abs(input_tensor, out=None):
    x = input_tensor.contiguous()
    result = torch.empty_like(x)
    abs_kernel[(triton.cdiv(x.numel(), 256),)](x, result, x.numel(), BLOCK=256)
    return result if out is None else out.copy_(result)
