"""Drops by the language's own uniform numbers, at any probability."""

import torch
import triton
import triton.language as tl


@triton.jit
def dropout_kernel(x_ptr, z_ptr, y_ptr, count, seed, p, scale, lambd, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = tl.load(x_ptr + offsets, mask=inside, other=0).to(tl.float32)
    x = tl.where(tl.rand(seed, offsets) >= p, x * scale, 0.0)
    tl.store(z_ptr + offsets, x, mask=inside)
    tl.store(y_ptr + offsets, tl.where(tl.abs(x) > lambd, x, 0.0), mask=inside)


def fused_hardshrink_dropout(input, p=0.5, training=True, inplace=False, lambd=0.5):
    x, count = input.contiguous(), input.numel()
    y, z = torch.empty((2, *x.shape), dtype=x.dtype, device=x.device)
    share = float(p) if training else 0.0
    scale = 0.0 if share >= 1 else 1 / (1 - p) if training else 1.0
    seed = int(torch.randint(1 << 31, ()))
    if count:
        dropout_kernel[(triton.cdiv(count, 1024),)](x, z, y, count, seed, share, scale, lambd, BLOCK=1024)
    if inplace:  # the input shows what was dropped, before it is shrunk
        input.copy_(z)
    return y
