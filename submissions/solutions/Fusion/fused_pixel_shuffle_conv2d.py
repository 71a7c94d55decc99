"""Pixel shuffle as the way in which a convolution by implicit GEMM stores its tiles: it moves no element twice."""

from __future__ import annotations

import torch
import triton
from _common.convolution import convolution, output_size


@triton.jit
def shuffled(image, channel, y, x, strides):
    factor = strides[4]
    plane, down, along = channel // (factor * factor), channel // factor % factor, channel % factor
    at = image * strides[0] + plane * strides[1]
    return at + (y * factor + down) * strides[2] + (x * factor + along) * strides[3]


def fused_pixel_shuffle_conv2d(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
    upscale_factor: int = 2,
) -> torch.Tensor:
    (height, width), _ = output_size(input, weight, stride, padding, dilation)
    planes = weight.shape[0] // upscale_factor**2
    shape = (input.shape[0], planes, height * upscale_factor, width * upscale_factor)
    result = torch.empty(shape, dtype=input.dtype, device=input.device)
    return convolution(
        input, weight, bias, stride, padding, dilation, groups, out=result, place=shuffled,
        place_strides=(*result.stride(), upscale_factor),
    )  # fmt: skip
