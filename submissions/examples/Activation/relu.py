"""ReLU in one pass over memory: any dense tensor is walked in its own order, and NaN is let through."""

import torch
import triton
import triton.language as tl


@triton.jit
def relu_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    offsets = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = tl.load(x_ptr + offsets, mask=inside)
    # NaN < 0 is false, so NaN stays; a plain maximum(x, 0) would return 0 for it on a GPU.
    tl.store(y_ptr + offsets, tl.where(x.to(COMPUTE) < 0, 0, x), mask=inside)


def relu(input, inplace=False):
    result = torch.empty_like(input)
    # empty_like keeps the strides of a dense tensor: equal strides mean that both can be walked as flat memory.
    source = input if input.stride() == result.stride() else result.copy_(input)
    target = input if inplace and source is input else result
    compute = tl.float64 if input.dtype == torch.float64 else tl.float32
    relu_kernel[(triton.cdiv(input.numel(), 1024),)](source, target, input.numel(), COMPUTE=compute, BLOCK=1024)
    if inplace and target is not input:
        input.copy_(result)
    return input if inplace else result
