"""ReLU of batch norm of a convolution, whose results are kept in float32 for the statistics of channels.

The convolution is bound by arithmetic, the two passes after it by memory.
"""

from __future__ import annotations

from typing import Any

import torch
from _common.convolution import convolution
from _common.normalisation import batch_norm, rectified


def fused_relu_batch_norm_conv2d(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    running_mean: torch.Tensor | None = None,
    running_var: torch.Tensor | None = None,
    bn_weight: torch.Tensor | None = None,
    bn_bias: torch.Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    inplace: bool = False,
) -> torch.Tensor:
    hidden = convolution(input, weight, bias, stride, padding, dilation, groups, dtype=torch.float32)
    return batch_norm(
        hidden, running_mean, running_var, bn_weight, bn_bias, training, momentum, eps, rectified, input.dtype
    )
