"""conv2d(input) + alpha * other as the epilogue of an implicit GEMM; what broadcasts has strides of 0."""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from _common.convolution import convolution, output_size


@triton.jit
def tensor_added(total, image, channel, y, x, inside, extra):
    other_ptr, alpha, stride_0, stride_1, stride_2, stride_3 = extra
    at = image * stride_0 + channel * stride_1 + y * stride_2 + x * stride_3
    return total + alpha * tl.load(other_ptr + at, mask=inside, other=0).to(tl.float32)


@triton.jit
def number_added(total, image, channel, y, x, inside, extra):
    return total + extra[0]


def fused_conv2d_add(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    other: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    alpha: float = 1,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    epilogue, extra = number_added, (float(alpha * (0 if other is None or torch.is_tensor(other) else other)),)
    if torch.is_tensor(other):
        size, _ = output_size(input, weight, stride, padding, dilation)
        view = other.expand(input.shape[0], weight.shape[0], *size)
        epilogue, extra = tensor_added, (view, float(alpha), *view.stride())
    result = convolution(input, weight, bias, stride, padding, dilation, groups, epilogue, extra)
    return result if out is None else out.resize_(result.shape).copy_(result)
