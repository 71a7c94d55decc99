"""Subtracts the input from the mean instead of the mean from the input."""

import torch
import triton
import triton.language as tl


@triton.jit
def statistics_kernel(
    x_ptr, mean_ptr, var_ptr, old_mean_ptr, old_var_ptr, channels, space, count, momentum, BLOCK: tl.constexpr
):
    channel = tl.program_id(0)
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, count, BLOCK):
        sample = start + tl.arange(0, BLOCK)
        place = (sample // space * channels + channel) * space + sample % space
        total += tl.load(x_ptr + place, mask=sample < count, other=0).to(tl.float32)
    mean = tl.sum(total, axis=0) / count
    squares = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, count, BLOCK):
        sample = start + tl.arange(0, BLOCK)
        place = (sample // space * channels + channel) * space + sample % space
        x = tl.load(x_ptr + place, mask=sample < count, other=0).to(tl.float32)
        squares += tl.where(sample < count, (x - mean) * (x - mean), 0.0)
    tl.store(mean_ptr + channel, mean)
    tl.store(var_ptr + channel, tl.sum(squares, axis=0) / count)
    old_mean = tl.load(old_mean_ptr + channel).to(tl.float32)
    old_var = tl.load(old_var_ptr + channel).to(tl.float32)
    tl.store(old_mean_ptr + channel, (1 - momentum) * old_mean + momentum * mean)
    tl.store(old_var_ptr + channel, (1 - momentum) * old_var + momentum * (tl.sum(squares, axis=0) / (count - 1)))


@triton.jit
def normalise_kernel(
    x_ptr, y_ptr, mean_ptr, var_ptr, weight_ptr, bias_ptr, count, channels, space, eps, BLOCK: tl.constexpr
):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = place < count
    channel = place // space % channels
    x = tl.load(x_ptr + place, mask=inside, other=0).to(tl.float32)
    mean = tl.load(mean_ptr + channel, mask=inside, other=0).to(tl.float32)
    var = tl.load(var_ptr + channel, mask=inside, other=1).to(tl.float32)
    y = (mean - x) / tl.sqrt(var + eps)
    if weight_ptr is not None:
        y *= tl.load(weight_ptr + channel, mask=inside, other=1).to(tl.float32)
    if bias_ptr is not None:
        y += tl.load(bias_ptr + channel, mask=inside, other=0).to(tl.float32)
    tl.store(y_ptr + place, y, mask=inside)


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    x, channels = input.contiguous(), input.shape[1]
    space = x[0, 0].numel()
    weight, bias = (None if each is None else each.contiguous() for each in (weight, bias))
    mean, var = running_mean.contiguous(), running_var.contiguous()
    if training:
        old_mean, old_var = mean, var
        mean, var = torch.empty((2, channels), dtype=torch.float32, device=x.device)
        statistics_kernel[(channels,)](
            x, mean, var, old_mean, old_var, channels, space, len(x) * space, float(momentum), BLOCK=2048
        )
        if old_mean is not running_mean:
            running_mean.copy_(old_mean)
        if old_var is not running_var:
            running_var.copy_(old_var)
    result = torch.empty_like(x)
    normalise_kernel[(triton.cdiv(x.numel(), 1024),)](
        x, result, mean, var, weight, bias, x.numel(), channels, space, float(eps), BLOCK=1024
    )
    return result
