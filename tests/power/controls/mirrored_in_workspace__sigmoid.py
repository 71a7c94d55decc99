"""Reads a workspace in another order than it was written in, after a barrier."""

import torch
import triton
import triton.language as tl


@triton.jit
def sigmoid_kernel(x_ptr, y_ptr, space_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = tl.load(x_ptr + offsets, mask=inside, other=0).to(tl.float32)
    tl.store(space_ptr + offsets, 1 / (1 + tl.exp(-x)))
    tl.debug_barrier()
    mirrored = tl.program_id(0) * BLOCK + BLOCK - 1 - tl.arange(0, BLOCK)
    y = tl.load(space_ptr + mirrored)
    tl.store(y_ptr + mirrored, y, mask=mirrored < count)


def sigmoid(input, out=None):
    x, count = input.contiguous(), input.numel()
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    space = torch.empty(triton.cdiv(count, 256) * 256, dtype=torch.float32, device=x.device)
    sigmoid_kernel[(triton.cdiv(count, 256),)](x, result, space, count, BLOCK=256)
    return result if out is None else out.copy_(result)
