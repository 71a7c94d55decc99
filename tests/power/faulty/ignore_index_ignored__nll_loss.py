"""Counts targets that are to be ignored."""

import torch
import triton
import triton.language as tl


@triton.jit
def gather_kernel(x_ptr, target_ptr, weight_ptr, loss_ptr, scale_ptr, count, classes, space, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = place < count
    target = tl.load(target_ptr + place, mask=inside, other=0)
    inside &= (target >= 0) & (target < classes)
    source = (place // space * classes + target) * space + place % space
    x = tl.load(x_ptr + source, mask=inside, other=0).to(tl.float32)
    scale = inside.to(tl.float32)
    if weight_ptr is not None:
        scale = tl.load(weight_ptr + target, mask=inside, other=0).to(tl.float32)
    tl.store(loss_ptr + place, -scale * x, mask=place < count)
    tl.store(scale_ptr + place, scale, mask=place < count)


@triton.jit
def reduce_kernel(loss_ptr, scale_ptr, y_ptr, count, MEAN: tl.constexpr, BLOCK: tl.constexpr):
    loss = tl.zeros((BLOCK,), tl.float32)
    scale = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, count, BLOCK):
        place = start + tl.arange(0, BLOCK)
        loss += tl.load(loss_ptr + place, mask=place < count, other=0)
        scale += tl.load(scale_ptr + place, mask=place < count, other=0)
    tl.store(y_ptr, tl.sum(loss, axis=0) / (tl.sum(scale, axis=0) if MEAN else 1.0))


def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
    x, count, classes = input.contiguous(), target.numel(), input.shape[1]
    weight = None if weight is None else weight.contiguous()
    losses, scales = torch.empty((2, count), dtype=torch.float32, device=x.device)
    gather_kernel[(triton.cdiv(count, 1024),)](
        x, target.contiguous(), weight, losses, scales, count, classes, x[0, 0].numel(), BLOCK=1024
    )
    if reduction == "none":
        return losses.reshape(target.shape).to(x.dtype)
    result = torch.empty((), dtype=x.dtype, device=x.device)
    reduce_kernel[(1,)](losses, scales, result, count, MEAN=reduction == "mean", BLOCK=1024)
    return result
