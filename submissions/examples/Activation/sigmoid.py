"""Sigmoid from exp(-|x|), which lies in [0, 1]: nothing overflows and small results keep their digits."""

import torch
import triton
import triton.language as tl


@triton.jit
def sigmoid_kernel(x_ptr, y_ptr, count, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    offsets = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = tl.load(x_ptr + offsets, mask=inside).to(COMPUTE)
    decay = tl.exp(-tl.abs(x))
    y = tl.where(x >= 0, 1.0, decay) / (1.0 + decay)
    tl.store(y_ptr + offsets, y, mask=inside)


def sigmoid(input, out=None):
    x = input.contiguous()
    if out is not None and out.resize_(x.shape).is_contiguous():
        result = out
    else:
        dtype = x.dtype if x.is_floating_point() else torch.get_default_dtype()
        result = torch.empty(x.shape, dtype=dtype, device=x.device)
    compute = tl.float64 if torch.float64 in (x.dtype, result.dtype) else tl.float32
    sigmoid_kernel[(triton.cdiv(x.numel(), 1024),)](x, result, x.numel(), COMPUTE=compute, BLOCK=1024)
    return result if out is None or out is result else out.copy_(result)
