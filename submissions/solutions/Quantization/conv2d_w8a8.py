"""W8A8 convolution by implicit GEMM: int8 windows times int8 filters, exact in int32, then scaled back once.

The image has one scale, which two passes over it give and use, and each filter has its own. Bound by arithmetic. A
scale for each channel of the image was dropped: its sums could not be added as integers.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from _common.convolution import convolution
from _common.quantising import quantised, quantised_rows


@triton.jit
def scaled_back(total, image, channel, y, x, inside, extra):
    image_scale_ptr, filter_scale_ptr, bias_ptr, filters = extra
    result = total.to(tl.float32) * tl.load(image_scale_ptr)
    result *= tl.load(filter_scale_ptr + channel, mask=channel < filters, other=0)
    if bias_ptr is not None:
        result += tl.load(bias_ptr + channel, mask=channel < filters, other=0).to(tl.float32)
    return result


def conv2d_w8a8(
    input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None, stride: Any = 1, padding: Any = 0
) -> torch.Tensor:
    pixels, pixel_scale = quantised(input)
    filters, filter_scale = quantised_rows(weight.reshape(weight.shape[0], -1))
    extra = (pixel_scale, filter_scale, None if bias is None else bias.contiguous(), weight.shape[0])
    return convolution(
        pixels, filters.view(weight.shape), None, stride, padding, epilogue=scaled_back, extra=extra,
        dtype=input.dtype, accumulator=tl.int32,
    )  # fmt: skip
