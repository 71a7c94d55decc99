"""Instance norm of SELU of a convolution: SELU is the convolution's epilogue, each plane has its own moments.

The constants are those of Klambauer et al., Self-Normalizing Neural Networks, 2017. The convolution is bound by
arithmetic, the two passes after it by memory.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from _common.convolution import convolution
from _common.normalisation import normalised, statistics
from triton.language.extra import libdevice


@triton.jit
def selu(total, image, channel, y, x, inside, extra):
    return tl.where(total > 0, 1.0507009873554805 * total, 1.7580993408473766 * libdevice.expm1(total))


def fused_instance_norm_selu_conv2d(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    num_features: int | None = None,
    eps: float = 1e-5,
    momentum: float = 0.1,
    affine: bool = False,
    track_running_stats: bool = False,
) -> torch.Tensor:
    hidden = convolution(input, weight, bias, stride, padding, dilation, groups, selu, dtype=torch.float32)
    planes = hidden.view(1, hidden.shape[0] * hidden.shape[1], -1)
    return normalised(planes, *statistics(planes), eps=eps, dtype=input.dtype).view(hidden.shape)
