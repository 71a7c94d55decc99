"""Leaves a loop with `break`, which Triton's compiler refuses."""

import torch
import triton
import triton.language as tl


@triton.jit
def sigmoid_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    for start in range(tl.program_id(0) * BLOCK, count + BLOCK, tl.num_programs(0) * BLOCK):
        if start >= count:
            break
        offsets = start + tl.arange(0, BLOCK)
        x = tl.load(x_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
        tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)), mask=offsets < count)


def sigmoid(input, out=None):
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    sigmoid_kernel[(8,)](input.contiguous(), result, input.numel(), BLOCK=256)
    return result if out is None else out.copy_(result)
