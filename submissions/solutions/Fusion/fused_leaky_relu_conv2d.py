"""Leaky ReLU as the epilogue of a convolution by implicit GEMM: one kernel, nothing stored in between."""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from _common.convolution import convolution


@triton.jit
def leaky_relu(total, image, channel, y, x, inside, extra):
    return tl.where(total > 0, total, total * extra[0])


def fused_leaky_relu_conv2d(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    negative_slope: float = 0.01,
    inplace: bool = False,
) -> torch.Tensor:
    extra = (float(negative_slope),)
    return convolution(input, weight, bias, stride, padding, dilation, groups, leaky_relu, extra)
