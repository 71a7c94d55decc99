"""Average pooling along the last dimension of a function of each element."""

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
def average_kernel(
    x_ptr, y_ptr, total, length, y_length, window, stride, padding, x_row, x_column,
    FUNCTION: tl.constexpr, INCLUDE_PADDING: tl.constexpr, BLOCK: tl.constexpr, BLOCK_WINDOW: tl.constexpr,
):  # fmt: skip
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)[:, None]
    begin = at % y_length * stride - padding
    end = tl.minimum(begin + window, length + padding)
    first, last = tl.maximum(begin, 0), tl.minimum(end, length)
    sums = tl.zeros((BLOCK, BLOCK_WINDOW), tl.float32)
    for start in range(0, window, BLOCK_WINDOW):
        place = begin + start + tl.arange(0, BLOCK_WINDOW)[None, :]
        inside = (at < total) & (place >= first) & (place < last)
        x = tl.load(x_ptr + at // y_length * x_row + place * x_column, mask=inside, other=0).to(tl.float32)
        sums += tl.where(inside, FUNCTION(x), 0.0)
    size = end - begin if INCLUDE_PADDING else last - first
    mean = tl.sum(sums, axis=1, keep_dims=True) / size.to(tl.float32)
    tl.store(y_ptr + at, mean, mask=at < total)


def averages(
    x: torch.Tensor,
    window: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    include_padding: bool = True,
    function: Any = itself,
) -> torch.Tensor:
    """Return the means of `function(x)` over windows; padding is zeros, which count where `include_padding`."""
    window, stride, padding = (
        value if isinstance(value, int) else value[0] for value in (window, stride or window, padding)
    )
    length = x.shape[-1]
    reach = length + 2 * padding - window
    count = (reach + stride - 1 if ceil_mode else reach) // stride + 1
    if ceil_mode and (count - 1) * stride >= length + padding:
        count -= 1  # a window that begins in the padding behind the end is left out
    rows = math.prod(x.shape[:-1])
    view = x.reshape(rows, length)
    result = torch.empty((*x.shape[:-1], count), dtype=x.dtype, device=x.device)
    if result.numel():
        block_window = min(triton.next_power_of_2(window), 512)
        block = 1024 // block_window
        average_kernel[(triton.cdiv(result.numel(), block),)](
            view, result, result.numel(), length, count, window, stride, padding, *view.stride(),
            FUNCTION=function, INCLUDE_PADDING=include_padding, BLOCK=block, BLOCK_WINDOW=block_window,
        )  # fmt: skip
    return result
