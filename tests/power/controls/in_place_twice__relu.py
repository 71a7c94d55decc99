"""Works in place: reads its block, overwrites it, and reads it once more."""

import torch
import triton
import triton.language as tl


@triton.jit
def relu_kernel(y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    for _ in range(2):
        y = tl.load(y_ptr + offsets, mask=offsets < count, other=0)
        tl.store(y_ptr + offsets, tl.where(y.to(tl.float32) < 0, 0.0, y), mask=offsets < count)


def relu(input, inplace=False):
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device).copy_(input)
    relu_kernel[(triton.cdiv(result.numel(), 256),)](result, result.numel(), BLOCK=256)
    return input.copy_(result) if inplace else result
