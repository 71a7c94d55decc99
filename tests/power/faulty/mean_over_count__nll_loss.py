"""Divides the weighted sum by the number of targets instead of by their weights."""

import torch
import triton
import triton.language as tl


@triton.jit
def gather_kernel(x_ptr, target_ptr, weight_ptr, loss_ptr, count, classes, space, ignored, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    target = tl.load(target_ptr + place, mask=place < count, other=ignored)
    counts = (place < count) & (target != ignored)
    source = (place // space * classes + target) * space + place % space
    loss = -tl.load(x_ptr + source, mask=counts, other=0).to(tl.float32)
    if weight_ptr is not None:
        loss *= tl.load(weight_ptr + target, mask=counts, other=0).to(tl.float32)
    tl.store(loss_ptr + place, loss, mask=place < count)


@triton.jit
def reduce_kernel(loss_ptr, target_ptr, y_ptr, count, ignored, MEAN: tl.constexpr, BLOCK: tl.constexpr):
    loss = tl.zeros((BLOCK,), tl.float32)
    scale = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, count, BLOCK):
        place = start + tl.arange(0, BLOCK)
        loss += tl.load(loss_ptr + place, mask=place < count, other=0)
        scale += (tl.load(target_ptr + place, mask=place < count, other=ignored) != ignored).to(tl.float32)
    tl.store(y_ptr, tl.sum(loss, axis=0) / (tl.sum(scale, axis=0) if MEAN else 1.0))


def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
    x, count, classes = input.contiguous(), target.numel(), input.shape[1]
    weight, target = None if weight is None else weight.contiguous(), target.contiguous()
    losses = torch.empty(target.shape, dtype=torch.float32, device=x.device)
    gather_kernel[(triton.cdiv(count, 1024),)](
        x, target, weight, losses, count, classes, x[0, 0].numel(), ignore_index, BLOCK=1024
    )
    if reduction == "none":
        return losses.to(x.dtype)
    result = torch.empty((), dtype=x.dtype, device=x.device)
    reduce_kernel[(1,)](losses, target, result, count, ignore_index, MEAN=reduction == "mean", BLOCK=1024)
    return result
