"""Transposed convolution by implicit GEMM, one phase of the stride at a time: only products that count are made.

Results whose places leave the same remainder by the stride meet the same part of the kernel, so that each phase is a
plain convolution with a smaller kernel (Shi et al., Is the Deconvolution Layer the Same as a Convolutional Layer?,
2016). Bound by arithmetic. Scattering products into the results was dropped: it needs atomics.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl
from _common.products import deep


@triton.jit
def taps(size, phase, stride, dilation, every, BLOCK: tl.constexpr):
    """Return the first place of the kernel that a phase meets, and how many; they lie `every` places apart."""
    place = tl.arange(0, BLOCK)
    met = (place < size) & (place * dilation % stride == phase)
    first = tl.min(tl.where(met, place, BLOCK), axis=0)
    return first, tl.maximum(size - first + every - 1, 0) // every


@triton.jit
def transposed_kernel(
    x_ptr, weight_ptr, bias_ptr, y_ptr, channels, filters, height, width, y_height, y_width, kernel_height,
    kernel_width, batch, stride, padding, dilation, every, x_strides, weight_strides, y_strides,
    GROUPS: tl.constexpr, BLOCK_TAPS: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
):  # fmt: skip
    tiles_n = tl.cdiv(filters, BLOCK_N)
    program = tl.program_id(0)
    group = (program // tiles_n % GROUPS).to(tl.int64)
    of_group = (program % tiles_n).to(tl.int64) * BLOCK_N + tl.arange(0, BLOCK_N)[None, :]
    position = (program // (tiles_n * GROUPS)).to(tl.int64) * BLOCK_M + tl.arange(0, BLOCK_M)[:, None]
    phase_y, phase_x = tl.program_id(1) // stride, tl.program_id(1) % stride
    columns, rows = tl.cdiv(y_width, stride), tl.cdiv(y_height, stride)
    x_of_y = position % columns * stride + phase_x
    y_of_y = position // columns % rows * stride + phase_y
    image = position // (columns * rows)
    exists = (image < batch) & (x_of_y < y_width) & (y_of_y < y_height)

    first_y, count_y = taps(kernel_height, (phase_y + padding) % stride, stride, dilation, every, BLOCK_TAPS)
    first_x, count_x = taps(kernel_width, (phase_x + padding) % stride, stride, dilation, every, BLOCK_TAPS)
    window = count_y * count_x
    total = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for start in range(0, channels * window, BLOCK_K):
        term = (start + tl.arange(0, BLOCK_K)).to(tl.int64)
        plane, row, column = term // window, term % window // count_x, term % window % count_x
        row, column = first_y + row * every, first_x + column * every
        # Both differences are multiples of the stride.
        down = y_of_y + padding - (row * dilation)[None, :]
        along = x_of_y + padding - (column * dilation)[None, :]
        seen = exists & (plane < channels)[None, :] & (down >= 0) & (along >= 0)
        down, along = down // stride, along // stride
        seen = seen & (down < height) & (along < width)
        plane += group * channels
        at = image * x_strides[0] + (plane * x_strides[1])[None, :] + down * x_strides[2] + along * x_strides[3]
        image_tile = tl.load(x_ptr + at, mask=seen, other=0)
        at = plane * weight_strides[0] + row * weight_strides[2] + column * weight_strides[3]
        weight_at = weight_ptr + at[:, None] + of_group * weight_strides[1]
        weight_tile = tl.load(weight_at, mask=(term < channels * window)[:, None] & (of_group < filters), other=0)
        total = tl.dot(image_tile, weight_tile, total, input_precision="ieee")
    channel = group * filters + of_group
    if bias_ptr is not None:
        total += tl.load(bias_ptr + channel, mask=of_group < filters, other=0).to(tl.float32)
    at = image * y_strides[0] + channel * y_strides[1] + y_of_y * y_strides[2] + x_of_y * y_strides[3]
    tl.store(y_ptr + at, total, mask=exists & (of_group < filters))


def conv_transpose2d(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
    groups: int = 1,
    dilation: int = 1,
) -> torch.Tensor:
    batch, channels, height, width = input.shape
    filters = weight.shape[1]
    y_height, y_width = (
        (size - 1) * stride - 2 * padding + dilation * (extent - 1) + output_padding + 1
        for size, extent in zip((height, width), weight.shape[2:])
    )
    result = torch.empty((batch, groups * filters, y_height, y_width), dtype=input.dtype, device=input.device)
    if result.numel():
        positions = batch * triton.cdiv(y_height, stride) * triton.cdiv(y_width, stride)
        block_m = 64 if positions > 32 else 32
        block_n = max(16, min(64, triton.next_power_of_2(filters)))
        tiles = triton.cdiv(positions, block_m) * groups * triton.cdiv(filters, block_n)
        transposed_kernel[(tiles, stride * stride)](
            input, weight, None if bias is None else bias.contiguous(), result, channels // groups, filters, height,
            width, y_height, y_width, *weight.shape[2:], batch, stride, padding, dilation,
            stride // math.gcd(stride, dilation), input.stride(), weight.stride(), result.stride(), GROUPS=groups,
            BLOCK_TAPS=triton.next_power_of_2(max(weight.shape[2:])), BLOCK_M=block_m, BLOCK_N=block_n,
            BLOCK_K=deep(input.dtype), num_warps=8,
        )  # fmt: skip
    return result
