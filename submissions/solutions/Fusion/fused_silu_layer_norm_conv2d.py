"""SiLU of layer norm of a convolution, whose results are kept in float32: the row of an image is all of its pixels.

The convolution is bound by arithmetic, the two passes after it by memory.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from _common.convolution import convolution
from _common.normalisation import normalised, statistics


@triton.jit
def silu(x):
    return x / (1.0 + tl.exp(-x))


def fused_silu_layer_norm_conv2d(
    x: torch.Tensor,
    weight: torch.Tensor,
    conv_weight: torch.Tensor,
    conv_bias: torch.Tensor | None = None,
    conv_stride: Any = 1,
    conv_padding: Any = 0,
    conv_dilation: Any = 1,
    conv_groups: int = 1,
    ln_eps: float = 1e-5,
) -> torch.Tensor:
    hidden = convolution(
        x, conv_weight, conv_bias, conv_stride, conv_padding, conv_dilation, conv_groups, dtype=torch.float32
    )
    scale = weight if weight.ndim == 3 else weight[:, None, None].expand(hidden.shape[1:])
    rows = hidden.view(1, hidden.shape[0], -1)
    result = normalised(rows, *statistics(rows), scale, eps=ln_eps, function=silu, dtype=x.dtype, by_place=True)
    return result.view(hidden.shape)
