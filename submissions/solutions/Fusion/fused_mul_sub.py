"""input * other_mul - alpha * other_sub in one pass, where both others are numbers or tensors. Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.broadcasting import run, tile, value


@triton.jit
def mul_sub_kernel(
    y_ptr, rows, columns, size_1, size_2, x, factor, subtrahend, ALPHA: tl.constexpr,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, column, inside = tile(rows, columns, BLOCK_ROWS, BLOCK_COLUMNS)
    product = value(x, row, column, inside, size_1, size_2, COMPUTE)
    product *= value(factor, row, column, inside, size_1, size_2, COMPUTE)
    second = value(subtrahend, row, column, inside, size_1, size_2, COMPUTE)
    tl.store(y_ptr + row * columns + column, product - second * ALPHA, mask=inside)


def fused_mul_sub(
    input: torch.Tensor,
    other_mul: torch.Tensor | float,
    other_sub: torch.Tensor | float,
    alpha: float = 1,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    dtype = torch.result_type(input, other_mul)
    if torch.is_tensor(other_sub):
        dtype = torch.promote_types(dtype, other_sub.dtype)
    return run(mul_sub_kernel, input, other_mul, other_sub, dtype=dtype, out=out, ALPHA=alpha)
