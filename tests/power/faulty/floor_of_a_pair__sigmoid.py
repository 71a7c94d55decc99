"""Divides numbers that were assigned as a pair, and expects the quotient to be rounded down."""

import torch
import triton
import triton.language as tl


@triton.jit
def sigmoid_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = tl.load(x_ptr + offsets, mask=inside, other=0).to(tl.float32)
    low, width = -3, 2
    tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)) + (low // width + 2), mask=inside)


def sigmoid(input, out=None):
    x, count = input.contiguous(), input.numel()
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    sigmoid_kernel[(triton.cdiv(count, 256),)](x, result, count, BLOCK=256)
    return result if out is None else out.copy_(result)
