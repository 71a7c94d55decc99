"""Programs add to a running count that an earlier one has left, and wait until it is there."""

import torch
import triton
import triton.language as tl


@triton.jit
def exp_sqrt_kernel(x_ptr, y_ptr, done_ptr, count, BLOCK: tl.constexpr):
    program = tl.program_id(0)
    if program > 0:
        while tl.atomic_add(done_ptr + program - 1, 0) == 0:
            pass
    offsets = program * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, tl.sqrt(tl.exp(x)), mask=offsets < count)
    tl.debug_barrier()
    tl.atomic_xchg(done_ptr + program, 1)


def exp_sqrt(input, out=None):
    x = input.contiguous()
    result = torch.empty_like(x)
    blocks = triton.cdiv(x.numel(), 256)
    if blocks:
        done = torch.zeros(blocks, dtype=torch.int32, device=x.device)
        exp_sqrt_kernel[(blocks,)](x, result, done, x.numel(), BLOCK=256)
    return result if out is None else out.copy_(result)
