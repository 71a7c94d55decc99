"""Has every program set the same flag, in whatever order."""

import torch
import triton
import triton.language as tl


@triton.jit
def sigmoid_kernel(x_ptr, y_ptr, flag_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = tl.load(x_ptr + offsets, mask=inside, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)), mask=inside)
    tl.store(flag_ptr, 1)


def sigmoid(input, out=None):
    x, count = input.contiguous(), input.numel()
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    flag = torch.zeros(1, dtype=torch.int32, device=x.device)
    sigmoid_kernel[(triton.cdiv(count, 256),)](x, result, flag, count, BLOCK=256)
    return result if out is None else out.copy_(result)
