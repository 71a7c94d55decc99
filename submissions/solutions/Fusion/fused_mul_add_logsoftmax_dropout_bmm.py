"""dropout(log_softmax(input1 * input2 + other)) @ mat2: the sum in float32, two passes over its rows, a product.

The last product is bound by arithmetic, the rest by memory.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.broadcasting import run, tile, value
from _common.products import product
from _common.randomness import scale_of, seed
from _common.softmax import softmax


@triton.jit
def mul_add_kernel(
    y_ptr, rows, columns, size_1, size_2, x, factor, added,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row, column, inside = tile(rows, columns, BLOCK_ROWS, BLOCK_COLUMNS)
    y = value(x, row, column, inside, size_1, size_2, COMPUTE)
    y *= value(factor, row, column, inside, size_1, size_2, COMPUTE)
    y += value(added, row, column, inside, size_1, size_2, COMPUTE)
    tl.store(y_ptr + row * columns + column, y, mask=inside)


def fused_mul_add_logsoftmax_dropout_bmm(
    input1: torch.Tensor,
    input2: torch.Tensor,
    other: torch.Tensor,
    mat2: torch.Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    dim: int = -1,
    *,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    p = float(p) if training else 0.0
    hidden = run(mul_add_kernel, input1, input2, other, dtype=torch.float32)
    drop = (seed(), p, scale_of(p)) if p else None
    result = product(softmax(hidden, dim, mat2.dtype, log=True, drop=drop), mat2)
    return result if out is None else out.resize_(result.shape).copy_(result)
