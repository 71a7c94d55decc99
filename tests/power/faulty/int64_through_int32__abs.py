"""Casts int64 to int32 on the way, which loses everything beyond 2 ** 31."""

import torch
import triton
import triton.language as tl


@triton.jit
def abs_kernel(x_ptr, y_ptr, count, WHOLE: tl.constexpr, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0)
    if WHOLE:
        x = x.to(tl.int32)
    tl.store(y_ptr + offsets, tl.abs(x), mask=offsets < count)


def abs(input_tensor, out=None):
    result = torch.empty(input_tensor.shape, dtype=input_tensor.dtype, device=input_tensor.device)
    count, whole = input_tensor.numel(), not input_tensor.is_floating_point()
    abs_kernel[(triton.cdiv(count, 1024),)](input_tensor.contiguous(), result, count, WHOLE=whole, BLOCK=1024)
    return result if out is None else out.copy_(result)
