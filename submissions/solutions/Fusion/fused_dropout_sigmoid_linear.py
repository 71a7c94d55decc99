"""Dropout of sigmoid(x @ weight.T + bias) as the product's epilogue: one kernel, no mask in memory."""

from __future__ import annotations

import torch
import triton
from _common.activations import sigmoid
from _common.products import linear
from _common.randomness import dropped, scale_of, seed


@triton.jit
def sigmoid_dropout(total, batch, row, column, inside, extra):
    columns, number, p, scale = extra
    return dropped(sigmoid(total), row * columns + column, number, p, scale)


def fused_dropout_sigmoid_linear(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
) -> torch.Tensor:
    p = float(p) if training else 0.0
    return linear(input, weight, bias, sigmoid_dropout, (weight.shape[0], seed(), p, scale_of(p)))
