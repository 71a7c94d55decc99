"""Uses strides that are 1 in every way in which a constant may be used, and casts one that is never a constant."""

import torch
import triton
import triton.language as tl


@triton.jit(do_not_specialize=["kept"])
def cos_kernel(x_ptr, c_ptr, s_ptr, count, stride, kept, annotated: tl.int64, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    wide = tl.cast(stride, tl.int64) * kept.to(tl.int64) * annotated.to(tl.int64)
    last = (count - 1) // stride + min(stride, 1) - stride % 1
    x = tl.load(x_ptr + offsets * wide, mask=offsets < last, other=0).to(tl.float32)
    cosine = tl.cos(x).to(c_ptr.dtype.element_ty)
    for step in range(0, stride, stride):
        tl.store(c_ptr + offsets + step, cosine, mask=offsets < last)
    tl.store(s_ptr + offsets, cosine < 0, mask=offsets < last)


def fused_cos_signbit(input):
    x = input.reshape(-1).contiguous()
    cosine = torch.empty(input.shape, dtype=x.dtype, device=x.device)
    sign = torch.empty(input.shape, dtype=torch.bool, device=x.device)
    if x.numel():
        cos_kernel[(triton.cdiv(x.numel(), 256),)](x, cosine, sign, x.numel(), x.stride(0), 1, 1, BLOCK=256)
    return cosine, sign
