"""Chooses its grid, its block and its path by the GPU: persistent on newer GPUs, one block a program on others."""

import torch
import triton
import triton.language as tl

MAJOR, _ = torch.cuda.get_device_capability()
PROCESSORS = torch.cuda.get_device_properties(0).multi_processor_count


@triton.jit
def plain_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)), mask=offsets < count)


@triton.jit
def persistent_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    for block in range(tl.program_id(0), tl.cdiv(count, BLOCK), tl.num_programs(0)):
        offsets = block * BLOCK + tl.arange(0, BLOCK)
        x = tl.load(x_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
        tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)), mask=offsets < count)


def sigmoid(input, out=None):
    x = input.contiguous()
    result = torch.empty_like(x)
    if x.numel():
        if MAJOR >= 9:
            # Half of the multiprocessors are left to others; on a GPU with one, there is nothing to launch.
            persistent_kernel[(PROCESSORS // 2,)](x, result, x.numel(), BLOCK=256)
        else:
            plain_kernel[(triton.cdiv(x.numel(), 256),)](x, result, x.numel(), BLOCK=256)
    return result if out is None else out.copy_(result)
