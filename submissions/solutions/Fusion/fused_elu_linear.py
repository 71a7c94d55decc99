"""ELU of x @ weight.T + bias as the product's epilogue: one kernel, nothing stored in between."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.products import linear
from triton.language.extra import libdevice


@triton.jit
def elu(total, batch, row, column, inside, extra):
    return tl.where(total > 0, total, extra[0] * libdevice.expm1(total))


def fused_elu_linear(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    alpha: float = 1.0,
    inplace: bool = False,
) -> torch.Tensor:
    return linear(input, weight, bias, elu, (float(alpha),))
