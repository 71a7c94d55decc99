"""Batch norm: programs own channels and merge the moments of tiles, then planes are scaled and shifted in one pass."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def statistics_kernel(
    x_ptr, mean_ptr, variance_ptr, running_mean_ptr, running_var_ptr, channels, space, count, momentum, keep,
    RUNNING: tl.constexpr, COMPUTE: tl.constexpr, BLOCK_CHANNELS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    channel = tl.program_id(0).to(tl.int64) * BLOCK_CHANNELS + tl.arange(0, BLOCK_CHANNELS)
    mean = tl.zeros((BLOCK_CHANNELS,), COMPUTE)
    m2 = tl.zeros((BLOCK_CHANNELS,), COMPUTE)
    for start in range(0, count, BLOCK):
        sample = start + tl.arange(0, BLOCK)
        inside = (channel < channels)[:, None] & (sample < count)[None, :]
        image = sample // space
        place = image.to(tl.int64) * channels * space + (sample - image * space)
        x = tl.load(x_ptr + channel[:, None] * space + place[None, :], mask=inside, other=0).to(COMPUTE)
        seen = tl.full((), start, COMPUTE)
        size = tl.minimum(count - start, BLOCK).to(COMPUTE)
        tile_mean = tl.sum(x, axis=1) / size
        deviation = tl.where(inside, x - tile_mean[:, None], 0.0)
        # The deviations from an exact mean sum to 0; what they do sum to corrects the rounding of tile_mean.
        slack = tl.sum(deviation, axis=1)
        tile_m2 = tl.sum(deviation * deviation, axis=1) - slack * (slack / size)
        step = tile_mean + slack / size - mean
        mean += step * (size / (seen + size))
        m2 += tile_m2 + step * step * (seen * (size / (seen + size)))
    tl.store(mean_ptr + channel, mean, mask=channel < channels)
    tl.store(variance_ptr + channel, m2 / count, mask=channel < channels)
    if RUNNING:
        # The running variance is the unbiased one, the variance that normalises is not.
        old_mean = tl.load(running_mean_ptr + channel, mask=channel < channels, other=0).to(COMPUTE)
        old_var = tl.load(running_var_ptr + channel, mask=channel < channels, other=0).to(COMPUTE)
        tl.store(running_mean_ptr + channel, keep * old_mean + momentum * mean, mask=channel < channels)
        tl.store(running_var_ptr + channel, keep * old_var + momentum * (m2 / (count - 1)), mask=channel < channels)


@triton.jit
def normalise_kernel(
    x_ptr, y_ptr, mean_ptr, variance_ptr, weight_ptr, bias_ptr, planes, channels, space,
    EPS: tl.constexpr, COMPUTE: tl.constexpr, BLOCK_PLANES: tl.constexpr, BLOCK_SPACE: tl.constexpr,
):  # fmt: skip
    tiles = tl.cdiv(space, BLOCK_SPACE)
    plane = (tl.program_id(0) // tiles).to(tl.int64) * BLOCK_PLANES + tl.arange(0, BLOCK_PLANES)[:, None]
    place = (tl.program_id(0) % tiles).to(tl.int64) * BLOCK_SPACE + tl.arange(0, BLOCK_SPACE)[None, :]
    exists = plane < planes
    channel = plane % channels
    scale = 1.0 / tl.sqrt(tl.load(variance_ptr + channel, mask=exists, other=1).to(COMPUTE) + EPS)
    if weight_ptr is not None:
        scale *= tl.load(weight_ptr + channel, mask=exists, other=0).to(COMPUTE)
    mean = tl.load(mean_ptr + channel, mask=exists, other=0).to(COMPUTE)
    x = tl.load(x_ptr + plane * space + place, mask=exists & (place < space), other=0).to(COMPUTE)
    y = (x - mean) * scale
    if bias_ptr is not None:
        y += tl.load(bias_ptr + channel, mask=exists, other=0).to(COMPUTE)
    tl.store(y_ptr + plane * space + place, y, mask=exists & (place < space))


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    x = input.contiguous()
    channels, space = x.shape[1], math.prod(x.shape[2:])
    result = torch.empty_like(x)
    compute, dtype = (tl.float64, torch.float64) if x.dtype == torch.float64 else (tl.float32, torch.float32)
    weight, bias = (None if each is None else each.contiguous() for each in (weight, bias))
    if training or running_mean is None:
        count = x.shape[0] * space
        if count < 2:
            raise ValueError("batch_norm in training needs more than one value per channel")
        mean, variance = torch.empty((2, channels), dtype=dtype, device=x.device)
        running = [None if each is None else each.contiguous() for each in (running_mean, running_var)]
        # Channels lie side by side only where there is no space behind them; then one program reads several.
        block_channels, block = (32, 64) if space == 1 else (1, 2048)
        statistics_kernel[(triton.cdiv(channels, block_channels),)](
            x, mean, variance, *running, channels, space, count, momentum, 1 - momentum,
            RUNNING=running_mean is not None, COMPUTE=compute, BLOCK_CHANNELS=block_channels, BLOCK=block, num_warps=8,
        )  # fmt: skip
        for given, updated in zip((running_mean, running_var), running):
            if given is not updated:
                given.copy_(updated)
    else:
        mean, variance = running_mean.contiguous(), running_var.contiguous()
    planes = x.shape[0] * channels
    block_space = min(triton.next_power_of_2(max(space, 1)), 1024)
    block_planes = 1024 // block_space
    normalise_kernel[(triton.cdiv(planes, block_planes) * triton.cdiv(space, block_space),)](
        x, result, mean, variance, weight, bias, planes, channels, space,
        EPS=eps, COMPUTE=compute, BLOCK_PLANES=block_planes, BLOCK_SPACE=block_space,
    )  # fmt: skip
    return result
