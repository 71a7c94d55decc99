"""Adaptive average pooling: each lane of a tile reads one place of a window, a sum across the lanes gives the mean."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def pool_kernel(
    x_ptr, y_ptr, total, height, width, y_height, y_width, stride_plane, stride_row, stride_column, reach,
    REACH_X: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr, BLOCK_WINDOW: tl.constexpr,
):  # fmt: skip
    index = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)[:, None]
    exists = index < total
    x_of_y, y_of_y = index % y_width, index // y_width % y_height
    # Windows start at the floor and end at the ceiling of where an exact division would cut, so neighbours may overlap.
    top, bottom = y_of_y * height // y_height, ((y_of_y + 1) * height + y_height - 1) // y_height
    left, right = x_of_y * width // y_width, ((x_of_y + 1) * width + y_width - 1) // y_width
    plane = x_ptr + index // (y_width * y_height) * stride_plane
    total_of_window = tl.zeros((BLOCK, BLOCK_WINDOW), COMPUTE)
    for start in range(0, reach, BLOCK_WINDOW):
        step = start + tl.arange(0, BLOCK_WINDOW)[None, :]
        row, column = top + step // REACH_X, left + step % REACH_X
        inside = exists & (row < bottom) & (column < right)
        x = tl.load(plane + row * stride_row + column * stride_column, mask=inside, other=0)
        total_of_window += x.to(COMPUTE)
    mean = tl.sum(total_of_window, axis=1, keep_dims=True) / ((bottom - top) * (right - left)).to(COMPUTE)
    tl.store(y_ptr + index, mean, mask=exists)


def adaptive_avg_pool2d(input, output_size):
    height, width = input.shape[-2:]
    y_height, y_width = (output_size, output_size) if isinstance(output_size, int) else output_size
    y_height, y_width = height if y_height is None else y_height, width if y_width is None else y_width
    planes = math.prod(input.shape[:-2])
    x = input.reshape(planes, height, width)  # a view wherever the strides allow one
    result = torch.empty((*input.shape[:-2], y_height, y_width), dtype=input.dtype, device=input.device)
    if result.numel() == 0:
        return result
    # A window spans at most one more than the quotient rounded up, and exactly the quotient where it divides.
    reach_y, reach_x = (a // b + 2 if a % b else a // b for a, b in ((height, y_height), (width, y_width)))
    block_window = min(triton.next_power_of_2(reach_y * reach_x), 512)
    block = 1024 // block_window
    pool_kernel[(triton.cdiv(result.numel(), block),)](
        x, result, result.numel(), height, width, y_height, y_width, *x.stride(), reach_y * reach_x,
        REACH_X=reach_x, COMPUTE=tl.float64 if x.dtype == torch.float64 else tl.float32,
        BLOCK=block, BLOCK_WINDOW=block_window,
    )  # fmt: skip
    return result
