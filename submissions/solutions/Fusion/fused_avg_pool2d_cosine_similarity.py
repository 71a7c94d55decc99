"""Cosine similarity over channels in one read of both images, kept in float32, then its average over windows.

Bound by memory. One kernel for both was dropped: windows that overlap would read the channels several times.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from _common.convolution import pair


@triton.jit
def similarity_kernel(
    a_ptr, b_ptr, y_ptr, count, channels, height, width, a_strides, b_strides, eps,
    BLOCK: tl.constexpr, BLOCK_CHANNELS: tl.constexpr,
):  # fmt: skip
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)[None, :]
    image, row, column = at // (height * width), at // width % height, at % width
    a_pixel = a_ptr + image * a_strides[0] + row * a_strides[2] + column * a_strides[3]
    b_pixel = b_ptr + image * b_strides[0] + row * b_strides[2] + column * b_strides[3]
    product = tl.zeros((BLOCK_CHANNELS, BLOCK), tl.float32)
    a_square = tl.zeros((BLOCK_CHANNELS, BLOCK), tl.float32)
    b_square = tl.zeros((BLOCK_CHANNELS, BLOCK), tl.float32)
    for start in range(0, channels, BLOCK_CHANNELS):
        channel = start + tl.arange(0, BLOCK_CHANNELS).to(tl.int64)[:, None]
        inside = (channel < channels) & (at < count)
        a = tl.load(a_pixel + channel * a_strides[1], mask=inside, other=0).to(tl.float32)
        b = tl.load(b_pixel + channel * b_strides[1], mask=inside, other=0).to(tl.float32)
        product += a * b
        a_square += a * a
        b_square += b * b
    a_norm = tl.sqrt(tl.sum(a_square, axis=0, keep_dims=True))
    b_norm = tl.sqrt(tl.sum(b_square, axis=0, keep_dims=True))
    # Comparisons instead of maximum, which would turn NaN into eps on a GPU.
    a_norm, b_norm = tl.where(a_norm < eps, eps, a_norm), tl.where(b_norm < eps, eps, b_norm)
    y = tl.sum(product, axis=0, keep_dims=True) / a_norm / b_norm
    tl.store(y_ptr + at, y, mask=at < count)


@triton.jit
def average_kernel(
    x_ptr, y_ptr, count, height, width, y_height, y_width, window_height, window_width, step_y, step_x, pad_y, pad_x,
    BLOCK: tl.constexpr, BLOCK_WINDOW: tl.constexpr,
):  # fmt: skip
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)[:, None]
    top, left = at // y_width % y_height * step_y - pad_y, at % y_width * step_x - pad_x
    window = window_height * window_width
    sums = tl.zeros((BLOCK, BLOCK_WINDOW), tl.float32)
    for start in range(0, window, BLOCK_WINDOW):
        step = start + tl.arange(0, BLOCK_WINDOW)[None, :]
        row, column = top + step // window_width, left + step % window_width
        inside = (at < count) & (step < window) & (row >= 0) & (row < height) & (column >= 0) & (column < width)
        sums += tl.load(x_ptr + (at // (y_width * y_height) * height + row) * width + column, mask=inside, other=0)
    mean = tl.sum(sums, axis=1, keep_dims=True) / window  # zeros of the padding count
    tl.store(y_ptr + at, mean, mask=at < count)


def fused_avg_pool2d_cosine_similarity(
    x1: torch.Tensor, x2: torch.Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, eps: float = 1e-8
) -> torch.Tensor:
    x1, x2 = torch.broadcast_tensors(x1, x2)
    batch, channels, *sizes = x1.shape
    window, step, pad = pair(kernel_size), pair(kernel_size if stride is None else stride), pair(padding)
    similar = torch.empty((batch, *sizes), dtype=torch.float32, device=x1.device)
    block_channels = min(triton.next_power_of_2(channels), 16)
    count = similar.numel()
    similarity_kernel[(triton.cdiv(count, 64),)](
        x1, x2, similar, count, channels, *sizes, x1.stride(), x2.stride(), float(eps), BLOCK=64,
        BLOCK_CHANNELS=block_channels,
    )  # fmt: skip
    counts = [(size + 2 * edge - far) // by + 1 for size, edge, far, by in zip(sizes, pad, window, step)]
    result = torch.empty((batch, 1, *counts), dtype=x1.dtype, device=x1.device)
    block_window = min(triton.next_power_of_2(window[0] * window[1]), 512)
    block = 1024 // block_window
    average_kernel[(triton.cdiv(result.numel(), block),)](
        similar, result, result.numel(), *sizes, *counts, *window, *step, *pad, BLOCK=block, BLOCK_WINDOW=block_window
    )
    return result
