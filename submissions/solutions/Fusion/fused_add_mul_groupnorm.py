"""Group norm of (input1 + input2) * input2, whose products are kept in float32: one pass makes them and two follow.

Bound by memory. A group is a row of the products, and each plane is given its group's moments.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl
from _common.broadcasting import run, tile, value
from _common.normalisation import normalised, statistics


@triton.jit
def add_mul_kernel(
    y_ptr, rows, columns, size_1, size_2, x, other,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, column, inside = tile(rows, columns, BLOCK_ROWS, BLOCK_COLUMNS)
    factor = value(other, row, column, inside, size_1, size_2, COMPUTE)
    y = (value(x, row, column, inside, size_1, size_2, COMPUTE) + factor) * factor
    tl.store(y_ptr + row * columns + column, y, mask=inside)


def fused_add_mul_groupnorm(
    input1: torch.Tensor,
    input2: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    num_groups: int,
    eps: float = 1e-5,
    *,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    hidden = run(add_mul_kernel, input1, input2, dtype=torch.float32)
    batch, channels = hidden.shape[:2]
    groups, space = batch * num_groups, math.prod(hidden.shape[2:])
    moments = statistics(hidden.view(1, groups, -1))
    mean, variance = (each[:, None].expand(groups, channels // num_groups).reshape(-1) for each in moments)
    scale, shift = (each.expand(batch, channels).reshape(-1) for each in (weight, bias))
    planes = hidden.view(1, batch * channels, space)
    result = normalised(planes, mean, variance, scale, shift, eps, dtype=input1.dtype).view(hidden.shape)
    return result if out is None else out.resize_(result.shape).copy_(result)
