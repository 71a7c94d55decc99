"""Images and volumes at fractional positions: a position's taps along each axis, and the sum over their product.

A tile is (channels, points), so that what a point needs is computed once for all channels of the tile. A nearest pixel
is one tap, bilinear interpolation has two, and bicubic four with the weights of Keys (Cubic Convolution Interpolation
for Digital Image Processing, 1981) for A = -0.75, as PyTorch documents. A position function `(image, place, known,
extra, ALIGNED, COMPUTE)` returns x, y and z in [-1, 1] of a point: `place` is its flat position in its image's output.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import triton
import triton.language as tl

TAPS = {"nearest": 1, "bilinear": 2, "bicubic": 4}


@triton.jit
def pixel(coordinate, size, ALIGNED: tl.constexpr):
    """Return the place, counted in pixels, of a coordinate in [-1, 1]."""
    if ALIGNED:
        return (coordinate + 1.0) * 0.5 * (size - 1)
    else:
        return ((coordinate + 1.0) * size - 1.0) * 0.5


@triton.jit
def padded(place, size, PADDING: tl.constexpr, ALIGNED: tl.constexpr):
    """Return the place inside that stands for one outside: the border's, its mirror image, or for zeros itself."""
    if PADDING == "reflection":
        # Mirrors stand in the centres of the outer pixels, or at their outer edges.
        low = 0.0 if ALIGNED else -0.5
        span = (size - 1 if ALIGNED else size) * 1.0
        far = tl.abs(place - low)
        round_trip = tl.maximum(2.0 * span, 1.0)
        far -= round_trip * tl.floor(far / round_trip)
        place = tl.minimum(far, 2.0 * span - far) + low
    if PADDING != "zeros":
        place = tl.minimum(tl.maximum(place, 0.0), size - 1.0)
    return place


@triton.jit
def weight(distance, TAPS: tl.constexpr):
    """Return the weight of a tap at a distance from the point."""
    if TAPS == 1:
        return distance * 0.0 + 1.0
    elif TAPS == 2:
        return 1.0 - distance
    else:
        inner = (1.25 * distance - 2.25) * distance * distance + 1.0
        outer = ((-0.75 * distance + 3.75) * distance - 6.0) * distance + 3.0
        return tl.where(distance <= 1.0, inner, outer)


@triton.jit
def tap(place, number, size, stride, TAPS: tl.constexpr, PADDING: tl.constexpr, ALIGNED: tl.constexpr):
    """Return offset and weight of a tap along one axis, and whether it is inside."""
    if TAPS == 1:
        index = tl.floor(padded(place, size, PADDING, ALIGNED) + 0.5)
        factor = weight(index, TAPS)
    elif TAPS == 2:
        place = padded(place, size, PADDING, ALIGNED)
        index = tl.floor(place) + number
        factor = weight(tl.abs(place - index), TAPS)
    else:
        index = tl.floor(place) + (number - 1)
        factor = weight(tl.abs(place - index), TAPS)
        # Of bicubic interpolation the pixels are padded, not the point.
        index = padded(index, size, PADDING, ALIGNED)
    inside = (index >= 0) & (index < size)
    return tl.where(inside, index, 0.0).to(tl.int64) * stride, factor, inside


@triton.jit
def sample_kernel(
    x_ptr, y_ptr, points, of_image, channels, sizes, strides, extra,
    POSITION: tl.constexpr, TAPS: tl.constexpr, PADDING: tl.constexpr, ALIGNED: tl.constexpr, COMPUTE: tl.constexpr,
    BLOCK_CHANNELS: tl.constexpr, BLOCK_POINTS: tl.constexpr,
):  # fmt: skip
    tiles = tl.cdiv(channels, BLOCK_CHANNELS)
    channel = (tl.program_id(0) % tiles).to(tl.int64) * BLOCK_CHANNELS + tl.arange(0, BLOCK_CHANNELS)[:, None]
    point = (tl.program_id(0) // tiles).to(tl.int64) * BLOCK_POINTS + tl.arange(0, BLOCK_POINTS)[None, :]
    known = point < points
    image, place = point // of_image, point % of_image
    x, y, z = POSITION(image, place, known, extra, ALIGNED, COMPUTE)
    x, y = pixel(x, sizes[0], ALIGNED), pixel(y, sizes[1], ALIGNED)
    source = x_ptr + image * strides[0] + channel * strides[1]
    seen = known & (channel < channels)
    total = tl.zeros((BLOCK_CHANNELS, BLOCK_POINTS), COMPUTE)
    for deep in tl.static_range(TAPS if len(sizes) == 3 else 1):
        plane, layer, there = source, 1.0, seen
        if len(sizes) == 3:
            z_pixel = pixel(z, sizes[2], ALIGNED)
            z_at, layer, z_inside = tap(z_pixel, deep, sizes[2], strides[4], TAPS, PADDING, ALIGNED)
            plane, there = source + z_at, seen & z_inside
        for down in tl.static_range(TAPS):
            y_at, y_weight, y_inside = tap(y, down, sizes[1], strides[3], TAPS, PADDING, ALIGNED)
            line = tl.zeros((BLOCK_CHANNELS, BLOCK_POINTS), COMPUTE)
            for along in tl.static_range(TAPS):
                x_at, x_weight, x_inside = tap(x, along, sizes[0], strides[2], TAPS, PADDING, ALIGNED)
                inside = there & y_inside & x_inside
                line += x_weight * tl.load(plane + y_at + x_at, mask=inside, other=0).to(COMPUTE)
            total += layer * y_weight * line
    at = (image * channels + channel) * of_image + place
    tl.store(y_ptr + at, total, mask=seen)


def sample(
    x: torch.Tensor,
    shape: tuple[int, ...],
    mode: str,
    padding_mode: str,
    aligned: bool | None,
    position: Any,
    extra: Any,
) -> torch.Tensor:
    """Return the values of (N, C, H, W) or (N, C, D, H, W) at points of the shape; `position` gives coordinates."""
    if mode not in TAPS or (mode == "bicubic" and x.ndim == 5):
        raise ValueError(f"mode {mode!r} is not known for a tensor of {x.ndim} dimensions")
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(f"padding_mode {padding_mode!r} is not known")
    images, channels = x.shape[:2]
    of_image = math.prod(shape)
    result = torch.empty((images, channels, *shape), dtype=x.dtype, device=x.device)
    if result.numel():
        block_channels = min(triton.next_power_of_2(channels), 8)
        block_points = 1024 // block_channels
        strides = (x.stride(0), x.stride(1), *reversed(x.stride()[2:]))
        sample_kernel[(triton.cdiv(images * of_image, block_points) * triton.cdiv(channels, block_channels),)](
            x, result, images * of_image, of_image, channels, tuple(reversed(x.shape[2:])), strides, extra,
            POSITION=position, TAPS=TAPS[mode], PADDING=padding_mode, ALIGNED=bool(aligned),
            COMPUTE=tl.float64 if x.dtype == torch.float64 else tl.float32,
            BLOCK_CHANNELS=block_channels, BLOCK_POINTS=block_points,
        )  # fmt: skip
    return result
