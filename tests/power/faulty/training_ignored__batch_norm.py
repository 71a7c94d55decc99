"""Normalises by the running statistics in training too."""

import torch
import triton
import triton.language as tl


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
    y = (x - mean) / tl.sqrt(var + eps)
    if weight_ptr is not None:
        y *= tl.load(weight_ptr + channel, mask=inside, other=1).to(tl.float32)
    if bias_ptr is not None:
        y += tl.load(bias_ptr + channel, mask=inside, other=0).to(tl.float32)
    tl.store(y_ptr + place, y, mask=inside)


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    x, channels, space = input.contiguous(), input.shape[1], input[0, 0].numel()
    weight, bias = (None if each is None else each.contiguous() for each in (weight, bias))
    mean, var = running_mean.contiguous(), running_var.contiguous()
    result = torch.empty_like(x)
    normalise_kernel[(triton.cdiv(x.numel(), 1024),)](
        x, result, mean, var, weight, bias, x.numel(), channels, space, float(eps), BLOCK=1024
    )
    return result
