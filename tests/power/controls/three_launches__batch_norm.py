"""Computes moments, updates the running ones, and normalises, in a launch each."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def moments_kernel(x_ptr, mean_ptr, var_ptr, n, c, s, BLOCK: tl.constexpr):
    channel = tl.program_id(0).to(tl.int64)
    count = n * s
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, count, BLOCK):
        place = start + tl.arange(0, BLOCK)
        x = tl.load(x_ptr + (place // s * c + channel) * s + place % s, mask=place < count, other=0).to(tl.float32)
        total += x
    mean = tl.sum(total, axis=0) / count
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, count, BLOCK):
        place = start + tl.arange(0, BLOCK)
        x = tl.load(x_ptr + (place // s * c + channel) * s + place % s, mask=place < count, other=0).to(tl.float32)
        d = tl.where(place < count, x - mean, 0.0)
        total += d * d
    tl.store(mean_ptr + channel, mean)
    tl.store(var_ptr + channel, tl.sum(total, axis=0) / count)


@triton.jit
def update_kernel(mean_ptr, var_ptr, rm_ptr, rv_ptr, c, momentum, factor, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = place < c
    m = tl.load(mean_ptr + place, mask=inside, other=0)
    v = tl.load(var_ptr + place, mask=inside, other=0)
    rm = tl.load(rm_ptr + place, mask=inside, other=0).to(tl.float32)
    rv = tl.load(rv_ptr + place, mask=inside, other=0).to(tl.float32)
    tl.store(rm_ptr + place, rm + momentum * (m - rm), mask=inside)
    tl.store(rv_ptr + place, rv + momentum * (v * factor - rv), mask=inside)


@triton.jit
def apply_kernel(x_ptr, y_ptr, mean_ptr, var_ptr, w_ptr, b_ptr, c, s, total, eps, BLOCK: tl.constexpr):
    place = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = place < total
    ch = place // s % c
    x = tl.load(x_ptr + place, mask=inside, other=0).to(tl.float32)
    m = tl.load(mean_ptr + ch, mask=inside, other=0).to(tl.float32)
    v = tl.load(var_ptr + ch, mask=inside, other=1).to(tl.float32)
    y = (x - m) / tl.sqrt(v + eps)
    if w_ptr is not None:
        y *= tl.load(w_ptr + ch, mask=inside, other=0).to(tl.float32)
    if b_ptr is not None:
        y += tl.load(b_ptr + ch, mask=inside, other=0).to(tl.float32)
    tl.store(y_ptr + place, y, mask=inside)


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    x = input.contiguous()
    n, c = x.shape[:2]
    s = math.prod(x.shape[2:])
    y = torch.empty_like(x)
    weight = None if weight is None else weight.contiguous()
    bias = None if bias is None else bias.contiguous()
    if training:
        mean = torch.empty(c, dtype=torch.float32, device=x.device)
        var = torch.empty(c, dtype=torch.float32, device=x.device)
        moments_kernel[(c,)](x, mean, var, n, c, s, BLOCK=512)
        if running_mean is not None:
            rm, rv = running_mean.contiguous(), running_var.contiguous()
            count = n * s
            update_kernel[(triton.cdiv(c, 128),)](
                mean, var, rm, rv, c, float(momentum), count / max(count - 1, 1), BLOCK=128
            )
            if rm is not running_mean:
                running_mean.copy_(rm)
            if rv is not running_var:
                running_var.copy_(rv)
    else:
        mean, var = running_mean.contiguous(), running_var.contiguous()
    apply_kernel[(triton.cdiv(x.numel(), 1024),)](
        x, y, mean, var, weight, bias, c, s, x.numel(), float(eps), BLOCK=1024
    )
    return y
