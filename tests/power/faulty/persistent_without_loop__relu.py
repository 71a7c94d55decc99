"""Launches as many programs as there are multiprocessors, each of which takes one block only."""

import torch
import triton
import triton.language as tl


@triton.jit
def relu_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0)
    tl.store(y_ptr + offsets, tl.where(x.to(tl.float32) < 0, 0.0, x), mask=offsets < count)


def relu(input, inplace=False):
    x = input.contiguous()
    result = torch.empty_like(x)
    processors = torch.cuda.get_device_properties(x.device).multi_processor_count
    grid = (max(1, min(processors, triton.cdiv(x.numel(), 512))),)
    relu_kernel[grid](x, result, x.numel(), BLOCK=512)
    return input.copy_(result) if inplace else result
