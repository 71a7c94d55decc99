"""GELU as the epilogue of a convolution by implicit GEMM: one kernel, nothing stored in between."""

from __future__ import annotations

from typing import Any

import torch
import triton
from _common.activations import gelu
from _common.convolution import convolution


@triton.jit
def exact(total, image, channel, y, x, inside, extra):
    return gelu(total, False)


@triton.jit
def by_tanh(total, image, channel, y, x, inside, extra):
    return gelu(total, True)


def fused_gelu_conv2d(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    approximate: str = "none",
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate is none or tanh, not {approximate!r}")
    epilogue = by_tanh if approximate == "tanh" else exact
    result = convolution(input, weight, bias, stride, padding, dilation, groups, epilogue)
    return result if out is None else out.resize_(result.shape).copy_(result)
