"""Divides by beta where it is zero and the error too."""

import torch
import triton
import triton.language as tl


@triton.jit
def loss_kernel(x_ptr, t_ptr, y_ptr, count, beta, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + place, mask=place < count, other=0).to(tl.float32)
    error = tl.abs(x - tl.load(t_ptr + place, mask=place < count, other=0).to(tl.float32))
    below = (error < beta).to(tl.float32)
    loss = below * (0.5 * error * error / beta) + (1 - below) * (error - 0.5 * beta)
    tl.store(y_ptr + place, loss, mask=place < count)


@triton.jit
def sum_kernel(x_ptr, y_ptr, count, divisor, BLOCK: tl.constexpr):
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, count, BLOCK):
        place = start + tl.arange(0, BLOCK)
        total += tl.load(x_ptr + place, mask=place < count, other=0)
    tl.store(y_ptr, tl.sum(total, axis=0) / divisor)


def smooth_l1_loss(input, target, beta=1.0, reduction="mean"):
    x, t, count = input.contiguous(), target.contiguous(), input.numel()
    single = torch.float32 if reduction != "none" else input.dtype
    losses = torch.empty(input.shape, dtype=single, device=input.device)
    loss_kernel[(triton.cdiv(count, 1024),)](x, t, losses, count, torch.tensor(float(beta)).item(), BLOCK=1024)
    if reduction == "none":
        return losses
    result = torch.empty((), dtype=input.dtype, device=input.device)
    sum_kernel[(1,)](losses, result, count, float(count if reduction == "mean" else 1), BLOCK=1024)
    return result
