"""Fractional max pooling of ReLU: each lane finds the start of its window from a counter's random number.

The windows are the pseudorandom ones of Graham, Fractional Max-Pooling, 2014: floor((i + u) a) - floor(u a) with the
mean step a and one u for the rows and one for the columns of each plane. No table of starts is in memory. Bound by
memory.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from _common.convolution import pair
from _common.randomness import seed


@triton.jit
def begin(place, count, last, mean, u):
    """Return where a window starts: the first one in front, the last one at the end, the others between them."""
    start = tl.floor((place.to(tl.float32) + u) * mean) - tl.floor(u * mean)
    return tl.where(place == count - 1, last, tl.minimum(start.to(tl.int64), last))


@triton.jit
def pool_kernel(
    x_ptr, y_ptr, place_ptr, count, width, y_height, y_width, window_height, window_width, last_y, last_x,
    mean_y, mean_x, planes, strides, number, BLOCK: tl.constexpr,
):  # fmt: skip
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    plane = at // (y_width * y_height)
    top = begin(at // y_width % y_height, y_height, last_y, mean_y, tl.rand(number, plane * 2))
    left = begin(at % y_width, y_width, last_x, mean_x, tl.rand(number, plane * 2 + 1))
    x_plane = x_ptr + plane // planes * strides[0] + plane % planes * strides[1]
    best = tl.zeros((BLOCK,), x_ptr.dtype.element_ty)  # what ReLU makes of all below
    place = top * width + left
    for step in range(0, window_height * window_width):
        row, column = top + step // window_width, left + step % window_width
        x = tl.load(x_plane + row * strides[2] + column * strides[3], mask=inside, other=0)
        better = (x > best) | (x != x)
        best, place = tl.where(better, x, best), tl.where(better, row * width + column, place)
    tl.store(y_ptr + at, best, mask=inside)
    if place_ptr is not None:
        tl.store(place_ptr + at, place, mask=inside)


def fused_fractional_max_pool2d_with_relu(
    input: torch.Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
    if (output_size is None) == (output_ratio is None):
        raise ValueError("one of output_size and output_ratio has to be given")
    x = input if input.ndim == 4 else input[None]
    if output_size is None:
        ratios = output_ratio if isinstance(output_ratio, (tuple, list)) else (output_ratio, output_ratio)
        sizes = [int(size * ratio) for size, ratio in zip(x.shape[2:], ratios)]
    else:
        sizes = list(pair(output_size))
    result = torch.empty((*input.shape[:-2], *sizes), dtype=input.dtype, device=input.device)
    places = torch.empty(result.shape, dtype=torch.int64, device=input.device) if return_indices else None
    window = pair(kernel_size)
    last = [size - extent for size, extent in zip(x.shape[2:], window)]
    if result.numel():
        pool_kernel[(triton.cdiv(result.numel(), 512),)](
            x, result, places, result.numel(), x.shape[3], *sizes, *window, *last,
            *(end / max(count - 1, 1) for end, count in zip(last, sizes)), x.shape[1], x.stride(), seed(), BLOCK=512,
        )  # fmt: skip
    return result if places is None else (result, places)
