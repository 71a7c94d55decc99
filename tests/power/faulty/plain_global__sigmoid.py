"""Reads a global variable that is no constant of Triton's, which its compiler refuses."""

import torch
import triton
import triton.language as tl

BLOCK = 1024


@triton.jit
def sigmoid_kernel(x_ptr, y_ptr, count):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)), mask=offsets < count)


def sigmoid(input, out=None):
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    sigmoid_kernel[(triton.cdiv(input.numel(), BLOCK),)](input.contiguous(), result, input.numel())
    return result if out is None else out.copy_(result)
