"""On GPUs of compute capability 9 and above, another kernel runs, which forgets the minus sign."""

import torch
import triton
import triton.language as tl

NEW = torch.cuda.get_device_capability()[0] >= 9


@triton.jit
def sigmoid_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)), mask=offsets < count)


@triton.jit
def newer_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, 1 / (1 + tl.exp(x)), mask=offsets < count)


def sigmoid(input, out=None):
    x = input.contiguous()
    result = torch.empty_like(x)
    if x.numel():
        kernel = newer_kernel if NEW else sigmoid_kernel
        kernel[(triton.cdiv(x.numel(), 256),)](x, result, x.numel(), BLOCK=256)
    return result if out is None else out.copy_(result)
