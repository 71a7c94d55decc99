"""Adaptive average pooling of one image or of the difference of two: a lane of a tile reads one place of a window."""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl


@triton.jit
def itself(x):
    return x


@triton.jit
def averages_kernel(
    x_ptr, other_ptr, y_ptr, total, height, width, y_height, y_width, planes, strides, other_strides, reach,
    FUNCTION: tl.constexpr, REACH_X: tl.constexpr, BLOCK: tl.constexpr, BLOCK_WINDOW: tl.constexpr,
):  # fmt: skip
    index = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)[:, None]
    exists = index < total
    x_of_y, y_of_y = index % y_width, index // y_width % y_height
    # Windows start at the floor and end at the ceiling of where an exact division would cut, so neighbours may overlap.
    top, bottom = y_of_y * height // y_height, ((y_of_y + 1) * height + y_height - 1) // y_height
    left, right = x_of_y * width // y_width, ((x_of_y + 1) * width + y_width - 1) // y_width
    plane = index // (y_width * y_height)
    x_plane = x_ptr + plane // planes * strides[0] + plane % planes * strides[1]
    sums = tl.zeros((BLOCK, BLOCK_WINDOW), tl.float32)
    for start in range(0, reach, BLOCK_WINDOW):
        step = start + tl.arange(0, BLOCK_WINDOW)[None, :]
        row, column = top + step // REACH_X, left + step % REACH_X
        inside = exists & (row < bottom) & (column < right)
        x = tl.load(x_plane + row * strides[2] + column * strides[3], mask=inside, other=0).to(tl.float32)
        if other_ptr is not None:
            other_plane = other_ptr + plane // planes * other_strides[0] + plane % planes * other_strides[1]
            at = row * other_strides[2] + column * other_strides[3]
            x -= tl.load(other_plane + at, mask=inside, other=0).to(tl.float32)
        sums += x
    mean = tl.sum(sums, axis=1, keep_dims=True) / ((bottom - top) * (right - left)).to(tl.float32)
    tl.store(y_ptr + index, FUNCTION(mean), mask=exists)


def adaptive_averages(
    x: torch.Tensor,
    output_size: Any,
    function: Any = itself,
    other: torch.Tensor | None = None,
    dtype: torch.dtype | None = None,
) -> torch.Tensor:
    """Return `function` of the averages of x, or of those of x - other."""
    batch, planes, height, width = x.shape
    sizes = (output_size, output_size) if isinstance(output_size, int) else output_size
    y_height, y_width = (old if new is None else new for old, new in zip((height, width), sizes, strict=True))
    result = torch.empty((batch, planes, y_height, y_width), dtype=dtype or x.dtype, device=x.device)
    if result.numel():
        # A window spans at most one more than the quotient rounded up, and exactly the quotient where it divides.
        reach_y, reach_x = (a // b + 2 if a % b else a // b for a, b in ((height, y_height), (width, y_width)))
        block_window = min(triton.next_power_of_2(reach_y * reach_x), 512)
        block = 1024 // block_window
        averages_kernel[(triton.cdiv(result.numel(), block),)](
            x, other, result, result.numel(), height, width, y_height, y_width, planes, x.stride(),
            (0, 0, 0, 0) if other is None else other.stride(), reach_y * reach_x, FUNCTION=function, REACH_X=reach_x,
            BLOCK=block, BLOCK_WINDOW=block_window,
        )  # fmt: skip
    return result
