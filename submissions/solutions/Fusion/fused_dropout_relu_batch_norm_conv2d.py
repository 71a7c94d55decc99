"""Dropout of ReLU of batch norm of a convolution, whose results are kept in float32; no mask is in memory.

The convolution is bound by arithmetic, the two passes after it by memory.
"""

from __future__ import annotations

from typing import Any

import torch
from _common.convolution import convolution
from _common.normalisation import normalised, rectified, statistics
from _common.randomness import scale_of, seed


def fused_dropout_relu_batch_norm_conv2d(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
) -> torch.Tensor:
    hidden = convolution(input, weight, bias, stride, padding, dilation, groups, dtype=torch.float32)
    p = float(p) if training else 0.0
    drop = (seed(), p, scale_of(p)) if p else None
    return normalised(hidden, *statistics(hidden), function=rectified, dtype=input.dtype, drop=drop)
