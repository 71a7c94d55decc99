"""Casts with torch in front of its kernel and behind it."""

import torch
import triton
import triton.language as tl


@triton.jit
def sigmoid_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0)
    tl.store(y_ptr + offsets, 1 / (1 + tl.exp(-x)), mask=offsets < count)


def sigmoid(input, out=None):
    wide = torch.promote_types(input.dtype, torch.float32)
    x = input.to(wide).contiguous()
    y = torch.empty(x.shape, dtype=wide, device=x.device)
    sigmoid_kernel[(triton.cdiv(x.numel(), 512),)](x, y, x.numel(), BLOCK=512)
    result = y.to(input.dtype)
    return result if out is None else out.copy_(result)
