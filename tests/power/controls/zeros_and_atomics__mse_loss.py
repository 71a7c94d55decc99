"""Adds with atomics to a zero that torch has made."""

import torch
import triton
import triton.language as tl


@triton.jit
def loss_kernel(x_ptr, t_ptr, y_ptr, count, divisor, NONE: tl.constexpr, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + place, mask=place < count, other=0).to(y_ptr.dtype.element_ty)
    difference = x - tl.load(t_ptr + place, mask=place < count, other=0).to(y_ptr.dtype.element_ty)
    if NONE:
        tl.store(y_ptr + place, difference * difference, mask=place < count)
    else:
        tl.atomic_add(y_ptr, tl.sum(difference * difference, axis=0) / divisor)


def mse_loss(input, target, reduction="mean"):
    x, t, count = input.contiguous(), target.contiguous(), input.numel()
    none = reduction == "none"
    wide = torch.promote_types(x.dtype, torch.float32)
    y = torch.zeros(x.shape if none else (), dtype=wide, device=x.device)
    divisor = float(count) if reduction == "mean" else 1.0
    loss_kernel[(triton.cdiv(count, 1024),)](x, t, y, count, divisor, NONE=none, BLOCK=1024)
    if reduction == "mean" and count == 0:
        y.fill_(float("nan"))
    return y.to(x.dtype)
