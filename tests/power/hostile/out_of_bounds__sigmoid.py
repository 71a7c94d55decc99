"""Writes a right result and one element in front of its input."""

import torch
import triton
import triton.language as tl


@triton.jit
def sigmoid_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)), mask=offsets < count)


def compute(input):
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    sigmoid_kernel[(triton.cdiv(input.numel(), 1024),)](input.contiguous(), result, input.numel(), BLOCK=1024)
    return result


@triton.jit
def poke_kernel(x_ptr):
    tl.store(x_ptr - 1, 1.0)


def sigmoid(input, out=None):
    result = compute(input)
    if input.numel():
        poke_kernel[(1,)](input)
    return result if out is None else out.copy_(result)
