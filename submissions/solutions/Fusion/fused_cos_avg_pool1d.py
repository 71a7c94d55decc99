"""Average pooling of cos(x) in one read; the zeros of the padding are added after the cosine. Bound by memory."""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from _common.windows import averages


@triton.jit
def cosine(x):
    return tl.cos(x)


def fused_cos_avg_pool1d(
    input: torch.Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> torch.Tensor:
    return averages(input, kernel_size, stride, padding, ceil_mode, count_include_pad, cosine)
