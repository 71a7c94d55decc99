"""Packs its input with a kernel that only copies, and computes with a second one from that scratch memory."""

import torch
import triton
import triton.language as tl


@triton.jit
def pack_kernel(x_ptr, scratch_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(scratch_ptr + offsets, tl.load(x_ptr + offsets, mask=offsets < count), mask=offsets < count)


@triton.jit
def sigmoid_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)), mask=offsets < count)


def sigmoid(input, out=None):
    count = input.numel()
    scratch, result = (torch.empty(input.shape, dtype=input.dtype, device=input.device) for _ in range(2))
    grid = (triton.cdiv(count, 1024),)
    pack_kernel[grid](input.contiguous(), scratch, count, BLOCK=1024)
    sigmoid_kernel[grid](scratch, result, count, BLOCK=1024)
    return result if out is None else out.copy_(result)
