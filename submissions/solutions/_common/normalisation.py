"""Normalisation of (batch, channels, space): a program owns a channel and merges moments, then one pass applies them.

Moments of tiles are merged as (mean, m2), by Chan, Golub and LeVeque, Updating Formulae and a Pairwise Algorithm for
Computing Sample Variances, 1979. Instance norm is the case of a batch of one with a channel for each plane, layer norm
that with a channel for each row.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import triton
import triton.language as tl


@triton.jit
def itself(x):
    return x


@triton.jit
def rectified(x):
    return tl.where(x < 0, 0.0, x)


@triton.jit
def statistics_kernel(
    x_ptr, mean_ptr, variance_ptr, running_mean_ptr, running_var_ptr, channels, space, count, momentum, keep,
    COMPUTE: tl.constexpr, BLOCK_CHANNELS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    channel = tl.program_id(0).to(tl.int64) * BLOCK_CHANNELS + tl.arange(0, BLOCK_CHANNELS)
    mean = tl.zeros((BLOCK_CHANNELS,), COMPUTE)
    m2 = tl.zeros((BLOCK_CHANNELS,), COMPUTE)
    for start in range(0, count, BLOCK):
        sample = (start + tl.arange(0, BLOCK)).to(tl.int64)
        inside = (channel < channels)[:, None] & (sample < count)[None, :]
        place = sample // space * channels * space + sample % space
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
    if running_mean_ptr is not None:
        # The running variance is the unbiased one, the variance that normalises is not.
        old_mean = tl.load(running_mean_ptr + channel, mask=channel < channels, other=0).to(COMPUTE)
        old_var = tl.load(running_var_ptr + channel, mask=channel < channels, other=0).to(COMPUTE)
        tl.store(running_mean_ptr + channel, keep * old_mean + momentum * mean, mask=channel < channels)
        tl.store(running_var_ptr + channel, keep * old_var + momentum * (m2 / (count - 1)), mask=channel < channels)


@triton.jit
def normalise_kernel(
    x_ptr, y_ptr, mean_ptr, variance_ptr, weight_ptr, bias_ptr, planes, channels, space, number, p, scale,
    EPS: tl.constexpr, FUNCTION: tl.constexpr, BY_PLACE: tl.constexpr, DROP: tl.constexpr, COMPUTE: tl.constexpr,
    BLOCK_PLANES: tl.constexpr, BLOCK_SPACE: tl.constexpr,
):  # fmt: skip
    tiles = tl.cdiv(space, BLOCK_SPACE)
    plane = (tl.program_id(0) // tiles).to(tl.int64) * BLOCK_PLANES + tl.arange(0, BLOCK_PLANES)[:, None]
    place = (tl.program_id(0) % tiles).to(tl.int64) * BLOCK_SPACE + tl.arange(0, BLOCK_SPACE)[None, :]
    exists = plane < planes
    channel = plane % channels
    factor = 1.0 / tl.sqrt(tl.load(variance_ptr + channel, mask=exists, other=1).to(COMPUTE) + EPS)
    mean = tl.load(mean_ptr + channel, mask=exists, other=0).to(COMPUTE)
    at = plane * space + place
    y = (tl.load(x_ptr + at, mask=exists & (place < space), other=0).to(COMPUTE) - mean) * factor
    if weight_ptr is not None:
        if BY_PLACE:
            y *= tl.load(weight_ptr + place, mask=place < space, other=0).to(COMPUTE)
        else:
            y *= tl.load(weight_ptr + channel, mask=exists, other=0).to(COMPUTE)
    if bias_ptr is not None:
        y += tl.load(bias_ptr + channel, mask=exists, other=0).to(COMPUTE)
    y = FUNCTION(y)
    if DROP:
        y = tl.where(tl.rand(number, at) >= p, y * scale, 0.0)
    tl.store(y_ptr + at, y, mask=exists & (place < space))


def statistics(
    x: torch.Tensor, running: tuple[torch.Tensor | None, torch.Tensor | None] = (None, None), momentum: float = 0.1
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and variance of each channel of a contiguous x, and update the running ones."""
    channels, space = x.shape[1], math.prod(x.shape[2:])
    count = x.shape[0] * space
    compute, dtype = (tl.float64, torch.float64) if x.dtype == torch.float64 else (tl.float32, torch.float32)
    mean, variance = torch.empty((2, channels), dtype=dtype, device=x.device)
    dense = [None if each is None else each.contiguous() for each in running]
    # Channels lie side by side only where there is no space behind them; then one program reads several.
    block_channels, block = (32, 64) if space == 1 else (1, 2048)
    statistics_kernel[(triton.cdiv(channels, block_channels),)](
        x, mean, variance, *dense, channels, space, count, float(momentum), float(1 - momentum),
        COMPUTE=compute, BLOCK_CHANNELS=block_channels, BLOCK=block, num_warps=8,
    )  # fmt: skip
    for given, updated in zip(running, dense, strict=True):
        if given is not updated:
            given.copy_(updated)
    return mean, variance


def normalised(
    x: torch.Tensor,
    mean: torch.Tensor,
    variance: torch.Tensor,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    eps: float = 1e-5,
    function: Any = itself,
    dtype: torch.dtype | None = None,
    by_place: bool = False,
    drop: tuple[int, float, float] | None = None,
) -> torch.Tensor:
    """Return `function((x - mean) / sqrt(variance + eps) * weight + bias)` of a contiguous x, then dropout.

    Weight and bias are those of channels, or with `by_place` the weight is that of places. `drop` is a seed, a
    probability and a scale.
    """
    result = torch.empty(x.shape, dtype=dtype or x.dtype, device=x.device)
    channels, space = x.shape[1], math.prod(x.shape[2:])
    planes = x.shape[0] * channels
    block_space = min(triton.next_power_of_2(max(space, 1)), 1024)
    block_planes = 1024 // block_space
    mean, variance, weight, bias = (
        None if each is None else each.contiguous() for each in (mean, variance, weight, bias)
    )
    normalise_kernel[(triton.cdiv(planes, block_planes) * triton.cdiv(space, block_space),)](
        x, result, mean, variance, weight, bias, planes, channels, space, *(drop or (0, 0.0, 1.0)),
        EPS=eps, FUNCTION=function, BY_PLACE=by_place, DROP=drop is not None,
        COMPUTE=tl.float64 if x.dtype == torch.float64 else tl.float32,
        BLOCK_PLANES=block_planes, BLOCK_SPACE=block_space,
    )  # fmt: skip
    return result


def batch_norm(
    x: torch.Tensor,
    running_mean: torch.Tensor | None,
    running_var: torch.Tensor | None,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    function: Any = itself,
    dtype: torch.dtype | None = None,
) -> torch.Tensor:
    """Return `function` of the batch normalisation of x."""
    x = x.contiguous()
    if training or running_mean is None or running_var is None:
        if x.numel() // x.shape[1] < 2:
            raise ValueError("batch norm in training needs more than one value per channel")
        mean, variance = statistics(x, (running_mean, running_var), momentum)
    else:
        mean, variance = running_mean, running_var
    return normalised(x, mean, variance, weight, bias, eps, function, dtype)
