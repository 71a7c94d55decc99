"""Takes the remainder of a negative loop variable, which has the sign of the dividend in C and that of the divisor in Python."""

import torch
import triton
import triton.language as tl


@triton.jit
def sigmoid_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = tl.load(x_ptr + offsets, mask=inside, other=0).to(tl.float32)
    odd = 0
    for step in range(-3, 0):
        odd += step % 2
    tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)) + (odd - 2), mask=inside)


def sigmoid(input, out=None):
    x, count = input.contiguous(), input.numel()
    result = torch.empty(input.shape, dtype=input.dtype, device=input.device)
    sigmoid_kernel[(triton.cdiv(count, 256),)](x, result, count, BLOCK=256)
    return result if out is None else out.copy_(result)
