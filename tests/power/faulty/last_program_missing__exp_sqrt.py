"""Rounds the number of programs down, so that the elements after the last whole block are never written."""

import torch
import triton
import triton.language as tl


@triton.jit
def exp_sqrt_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = tl.load(x_ptr + offsets, mask=inside, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, tl.exp(0.5 * x), mask=inside)


def exp_sqrt(input, out=None):
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    exp_sqrt_kernel[(max(1, input.numel() // 1024),)](input.contiguous(), result, input.numel(), BLOCK=1024)
    return result if out is None else out.copy_(result)
