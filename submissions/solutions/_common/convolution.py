"""Convolutions by implicit GEMM: a tile is (positions, filters), its sum runs over channels and places of the window.

The matrix of windows (im2col; Chellapilla, Puri and Simard, High Performance Convolutional Neural Networks for Document
Processing, 2006) is never stored: each tile gathers its part of it. An epilogue is a function `(total, image, channel,
y, x, inside, extra)` of a tile of sums, and a place function gives the offset of a result.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

from _common.products import deep


@triton.jit
def unchanged(total, image, channel, y, x, inside, extra):
    return total


@triton.jit
def strided(image, channel, y, x, strides):
    """Return the offset of a result: the plain one."""
    return image * strides[0] + channel * strides[1] + y * strides[2] + x * strides[3]


@triton.jit
def convolution_kernel(
    x_ptr, weight_ptr, bias_ptr, y_ptr, positions, filters, depth, height, width, y_height, y_width, window_height,
    window_width, step_y, step_x, pad_y, pad_x, dilation_y, dilation_x, x_strides, weight_strides, y_strides, extra,
    EPILOGUE: tl.constexpr, PLACE: tl.constexpr, ACCUMULATOR: tl.constexpr, GROUPS: tl.constexpr,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    tiles_n = tl.cdiv(filters, BLOCK_N)
    program = tl.program_id(0)
    group = (program // tiles_n % GROUPS).to(tl.int64)
    position = (program // (tiles_n * GROUPS)).to(tl.int64) * BLOCK_M + tl.arange(0, BLOCK_M)[:, None]
    of_group = (program % tiles_n).to(tl.int64) * BLOCK_N + tl.arange(0, BLOCK_N)[None, :]
    inside = (position < positions) & (of_group < filters)
    x_of_y = position % y_width
    y_of_y = position // y_width % y_height
    image = position // (y_width * y_height)
    channel = group * filters + of_group

    top, left = y_of_y * step_y - pad_y, x_of_y * step_x - pad_x
    window = window_height * window_width
    planes = depth // window
    x_image = x_ptr + image * x_strides[0] + group * planes * x_strides[1]
    total = tl.zeros((BLOCK_M, BLOCK_N), ACCUMULATOR)
    for start in range(0, depth, BLOCK_K):
        term = (start + tl.arange(0, BLOCK_K)).to(tl.int64)
        plane, row, column = term // window, term % window // window_width, term % window_width
        down = top + (row * dilation_y)[None, :]
        along = left + (column * dilation_x)[None, :]
        seen = (position < positions) & (term < depth)[None, :]
        seen = seen & (down >= 0) & (down < height) & (along >= 0) & (along < width)
        at = (plane * x_strides[1])[None, :] + down * x_strides[2] + along * x_strides[3]
        image_tile = tl.load(x_image + at, mask=seen, other=0)
        at = plane * weight_strides[1] + row * weight_strides[2] + column * weight_strides[3]
        weight_at = weight_ptr + channel * weight_strides[0] + at[:, None]
        weight_tile = tl.load(weight_at, mask=(term < depth)[:, None] & (of_group < filters), other=0)
        total = tl.dot(image_tile, weight_tile, total, input_precision="ieee")
    if bias_ptr is not None:
        total += tl.load(bias_ptr + channel, mask=of_group < filters, other=0).to(tl.float32)
    total = EPILOGUE(total, image, channel, y_of_y, x_of_y, inside, extra)
    tl.store(y_ptr + PLACE(image, channel, y_of_y, x_of_y, y_strides), total, mask=inside)


def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """Return an option of both dimensions as two numbers."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def output_size(
    x: torch.Tensor, weight: torch.Tensor, stride: Any, padding: Any, dilation: Any
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the height and width of a convolution's result, and how far its first window reaches out."""
    reach = [step * (size - 1) for step, size in zip(pair(dilation), weight.shape[2:], strict=True)]
    if padding == "same":
        return (x.shape[2], x.shape[3]), (reach[0] // 2, reach[1] // 2)
    pad = (0, 0) if padding == "valid" else pair(padding)
    height, width = (
        (size + 2 * before - far - 1) // step + 1
        for size, before, far, step in zip(x.shape[2:], pad, reach, pair(stride), strict=True)
    )
    return (height, width), pad


def convolution(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    epilogue: Any = unchanged,
    extra: tuple[Any, ...] = (),
    out: torch.Tensor | None = None,
    dtype: torch.dtype | None = None,
    place: Any = strided,
    place_strides: tuple[int, ...] | None = None,
    accumulator: tl.dtype = tl.float32,
) -> torch.Tensor:
    """Return `epilogue(conv2d(x))`; `out` has the right number of elements where `place` is not the plain one."""
    (height, width), pad = output_size(x, weight, stride, padding, dilation)
    shape = (x.shape[0], weight.shape[0], height, width)
    result = torch.empty(shape, dtype=dtype or x.dtype, device=x.device) if out is None else out
    positions, filters = shape[0] * height * width, weight.shape[0] // groups
    block_m = 64 if positions > 32 else 32
    block_n = max(16, min(64, triton.next_power_of_2(filters)))
    grid = (triton.cdiv(positions, block_m) * groups * triton.cdiv(filters, block_n),)
    if result.numel():
        convolution_kernel[grid](
            x, weight, None if bias is None else bias.contiguous(), result, positions, filters,
            weight.shape[1] * weight.shape[2] * weight.shape[3], x.shape[2], x.shape[3], height, width,
            weight.shape[2], weight.shape[3], *pair(stride), *pad, *pair(dilation), x.stride(), weight.stride(),
            place_strides or result.stride(), extra, EPILOGUE=epilogue, PLACE=place, ACCUMULATOR=accumulator,
            GROUPS=groups, BLOCK_M=block_m, BLOCK_N=block_n, BLOCK_K=deep(x.dtype), num_warps=8, num_stages=3,
        )  # fmt: skip
    return result
