"""Flattens `out` with reshape, which copies where it is not contiguous, and writes the copy."""

import torch
import triton
import triton.language as tl


@triton.jit
def sigmoid_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)), mask=offsets < count)


def sigmoid(input, out=None):
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device) if out is None else out
    flat, count = result.reshape(-1), input.numel()
    sigmoid_kernel[(triton.cdiv(count, 1024),)](input.contiguous(), flat, count, BLOCK=1024)
    return result
