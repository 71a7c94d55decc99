"""Softplus of x @ weight.T + bias as the product's epilogue: one kernel, nothing stored in between."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.products import linear
from triton.language.extra import libdevice


@triton.jit
def softplus(total, batch, row, column, inside, extra):
    beta, threshold = extra
    scaled = total * beta
    return tl.where(scaled > threshold, total, libdevice.log1p(tl.exp(tl.minimum(scaled, threshold))) / beta)


def fused_softplus_linear(
    input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None, beta: float = 1, threshold: float = 20
) -> torch.Tensor:
    return linear(input, weight, bias, softplus, (float(beta), float(threshold)))
