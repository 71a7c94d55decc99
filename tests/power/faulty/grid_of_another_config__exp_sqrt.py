"""Sizes the grid for blocks of 1024, which leaves most elements unwritten under the configuration of 256."""

import torch
import triton
import triton.language as tl


@triton.autotune([triton.Config({"BLOCK": 1024}), triton.Config({"BLOCK": 256})], key=["count"])
@triton.jit
def exp_sqrt_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = tl.load(x_ptr + offsets, mask=inside, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, tl.exp(0.5 * x), mask=inside)


def exp_sqrt(input, out=None):
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    exp_sqrt_kernel[(triton.cdiv(input.numel(), 1024),)](input.contiguous(), result, input.numel())
    return result if out is None else out.copy_(result)
