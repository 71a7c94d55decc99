"""Negative log likelihood: one gather per target, sums of blocks written side by side and added by a last program."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def gather_kernel(
    x_ptr, target_ptr, weight_ptr, loss_ptr, scale_ptr, samples, classes, space, stride_n, stride_class, stride_space,
    ignore_index, SUM: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    sample = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    target = tl.load(target_ptr + sample, mask=sample < samples, other=ignore_index)
    # An ignored target need not be a class: nothing may be read at it.
    counts = (sample < samples) & (target != ignore_index) & (target >= 0) & (target < classes)
    place = sample // space * stride_n + target * stride_class + sample % space * stride_space
    x = tl.load(x_ptr + place, mask=counts, other=0).to(COMPUTE)
    scale = counts.to(COMPUTE)
    if weight_ptr is not None:
        scale = tl.load(weight_ptr + target, mask=counts, other=0).to(COMPUTE)
    loss = -scale * x
    if SUM:
        tl.store(loss_ptr + tl.program_id(0), tl.sum(loss, axis=0))
        tl.store(scale_ptr + tl.program_id(0), tl.sum(scale, axis=0))
    else:
        tl.store(loss_ptr + sample, loss, mask=sample < samples)


@triton.jit
def finish_kernel(loss_ptr, scale_ptr, y_ptr, parts, MEAN: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    loss = tl.zeros((BLOCK,), COMPUTE)
    scale = tl.zeros((BLOCK,), COMPUTE)
    for start in range(0, parts, BLOCK):
        part = start + tl.arange(0, BLOCK)
        loss += tl.load(loss_ptr + part, mask=part < parts, other=0)
        scale += tl.load(scale_ptr + part, mask=part < parts, other=0)
    y = tl.sum(loss, axis=0)
    if MEAN:
        y = y / tl.sum(scale, axis=0)
    tl.store(y_ptr, y)


def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"reduction is none, mean or sum, not {reduction!r}")
    n, classes = input.shape[:2] if input.ndim > 1 else (1, input.shape[0])
    space = math.prod(input.shape[2:])
    x = input.reshape(n, classes, space)  # a view wherever the strides allow one
    target = target.contiguous()
    weight = None if weight is None else weight.contiguous()
    compute, dtype = (tl.float64, torch.float64) if x.dtype == torch.float64 else (tl.float32, torch.float32)
    parts = triton.cdiv(n * space, 1024)
    result = torch.empty(target.shape if reduction == "none" else (), dtype=x.dtype, device=x.device)
    loss, scale = (result, None) if reduction == "none" else torch.empty((2, parts), dtype=dtype, device=x.device)
    gather_kernel[(parts,)](
        x, target, weight, loss, scale, n * space, classes, space, *x.stride(), ignore_index,
        SUM=reduction != "none", COMPUTE=compute, BLOCK=1024,
    )  # fmt: skip
    if reduction != "none":
        finish_kernel[(1,)](loss, scale, result, parts, MEAN=reduction == "mean", COMPUTE=compute, BLOCK=1024)
    return result
