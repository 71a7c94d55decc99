"""Pads its own result so that the store needs no mask, and then writes past the end of a tensor given as `out`."""

import torch
import triton
import triton.language as tl


@triton.jit
def sigmoid_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)))


def sigmoid(input, out=None):
    x, count = input.contiguous(), input.numel()
    direct = out is not None and out.is_contiguous()
    padded = torch.empty(count + 32, dtype=input.dtype, device=input.device)
    result = out if direct else padded[:count].view(input.shape)
    sigmoid_kernel[(triton.cdiv(count, 32),)](x, result, count, BLOCK=32)
    return result if out is None or direct else out.copy_(result)
