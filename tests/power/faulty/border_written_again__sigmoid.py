"""Reads back the last element of the block before and stores it again, while another program computes it."""

import torch
import triton
import triton.language as tl


@triton.jit
def sigmoid_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = tl.load(x_ptr + offsets, mask=inside, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)), mask=inside)
    if tl.program_id(0) > 0:
        border = y_ptr + tl.program_id(0) * BLOCK - 1
        tl.store(border, tl.load(border))


def sigmoid(input, out=None):
    x, count = input.contiguous(), input.numel()
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    sigmoid_kernel[(triton.cdiv(count, 256),)](x, result, count, BLOCK=256)
    return result if out is None else out.copy_(result)
