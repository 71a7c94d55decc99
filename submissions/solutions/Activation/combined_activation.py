"""tanh(sigmoid(x @ weight1)) * weight2 + bias as the product's epilogue; both broadcast by strides of 0."""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl
from _common.activations import sigmoid, tanh
from _common.products import product


@triton.jit
def activated(total, batch, row, column, inside, extra):
    scale_ptr, scale_row, scale_column, bias_ptr, bias_row, bias_column = extra
    scale = tl.load(scale_ptr + row * scale_row + column * scale_column, mask=inside, other=0).to(tl.float32)
    bias = tl.load(bias_ptr + row * bias_row + column * bias_column, mask=inside, other=0).to(tl.float32)
    return tanh(sigmoid(total)) * scale + bias


def combined_activation(
    input: torch.Tensor,
    weight1: torch.Tensor,
    weight2: torch.Tensor,
    bias: torch.Tensor,
    *,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    shape = (*input.shape[:-1], weight1.shape[1])
    rows = math.prod(shape[:-1])
    # A reshape copies only operands that repeat along some, but not all, dimensions of the batch.
    scale, added = (each.expand(shape).reshape(rows, shape[-1]) for each in (weight2, bias))
    extra = (scale, *scale.stride(), added, *added.stride())
    x = input.reshape(1, rows, input.shape[-1])
    result = product(x, weight1[None], epilogue=activated, extra=extra).view(shape)
    return result if out is None else out.resize_(shape).copy_(result)
