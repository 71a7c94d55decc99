"""layer_norm(dropout(softmax(x @ weight1)) @ weight2 + residual): products with epilogues, intermediates in float32.

The products are bound by arithmetic. The residual is added in the epilogue of the second; rows are too long for one
program to hold, so softmax and layer norm are passes of their own.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl
from _common.normalisation import normalised, statistics
from _common.products import linear
from _common.randomness import scale_of, seed
from _common.softmax import softmax


@triton.jit
def residual_added(total, batch, row, column, inside, extra):
    ptr, stride_row, stride_column = extra
    return total + tl.load(ptr + row * stride_row + column * stride_column, mask=inside, other=0).to(tl.float32)


def fused_transformer_block(
    input: torch.Tensor,
    weight1: torch.Tensor,
    weight2: torch.Tensor,
    residual: torch.Tensor,
    dropout_p: float = 0.1,
    eps: float = 1e-5,
    *,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    p = float(dropout_p)
    drop = (seed(), p, scale_of(p)) if p else None
    hidden = linear(input, weight1.t(), dtype=torch.float32)
    shares = softmax(hidden, -1, input.dtype, drop=drop)
    shape = (*input.shape[:-1], weight2.shape[1])
    rows = math.prod(shape[:-1])
    added = residual.expand(shape).reshape(rows, shape[-1])
    mixed = linear(shares, weight2.t(), None, residual_added, (added, *added.stride()), dtype=torch.float32)
    view = mixed.view(1, rows, shape[-1])
    result = normalised(view, *statistics(view), eps=eps, dtype=input.dtype).view(shape)
    return result if out is None else out.resize_(result.shape).copy_(result)
