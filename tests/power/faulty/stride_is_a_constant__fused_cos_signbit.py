"""Casts a stride, which Triton makes a constant where it is 1: a constant has no method `to`, so nothing compiles."""

import torch
import triton
import triton.language as tl


@triton.jit
def cos_kernel(x_ptr, c_ptr, s_ptr, count, stride, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets * stride.to(tl.int64), mask=offsets < count, other=0).to(tl.float32)
    cosine = tl.cos(x).to(c_ptr.dtype.element_ty)
    tl.store(c_ptr + offsets, cosine, mask=offsets < count)
    tl.store(s_ptr + offsets, cosine < 0, mask=offsets < count)


def fused_cos_signbit(input):
    x = input.reshape(-1)
    cosine = torch.empty(input.shape, dtype=x.dtype, device=x.device)
    sign = torch.empty(input.shape, dtype=torch.bool, device=x.device)
    if x.numel():
        cos_kernel[(triton.cdiv(x.numel(), 256),)](x, cosine, sign, x.numel(), x.stride(0), BLOCK=256)
    return cosine, sign
