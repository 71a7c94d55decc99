"""Launches nothing where every element is dropped, or where there is none."""

import torch
import triton
import triton.language as tl


@triton.jit
def dropout_kernel(x_ptr, kept_ptr, y_ptr, count, p, scale, lambd, seed, DROPS: tl.constexpr, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + place, mask=place < count, other=0)
    if DROPS:
        kept = tl.rand(seed, place) >= p
        scaled = (x.to(tl.float32) * scale).to(x.dtype)
        x = tl.where(kept, scaled, tl.where(x != x, x, tl.zeros_like(x)))
    tl.store(kept_ptr + place, x, mask=place < count)
    wide = x.to(tl.float32)
    small = (wide >= -lambd) & (wide <= lambd)
    tl.store(y_ptr + place, tl.where(small, tl.zeros_like(x), x), mask=place < count)


def fused_hardshrink_dropout(input, p=0.5, training=True, inplace=False, lambd=0.5):
    if input.numel() == 0 or (training and p == 1):
        return input.zero_().clone() if inplace else torch.zeros_like(input)
    x = input.contiguous()
    kept, y = torch.empty_like(x), torch.empty_like(x)
    drops = training and p > 0
    seed = torch.randint(2**31, ()).item()
    dropout_kernel[(triton.cdiv(x.numel(), 1024),)](
        x, kept, y, x.numel(), float(p), 1 / (1 - p) if drops else 1.0, float(lambd), seed, DROPS=drops, BLOCK=1024
    )
    if inplace:
        input.copy_(kept)
    return y
