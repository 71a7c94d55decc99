"""Sum of |alpha * (A @ A.T) + beta * C|: the product's epilogue adds C, then absolute values are summed.

The matrix is kept in float32 between the two. Bound by arithmetic.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.products import product
from _common.sums import total


@triton.jit
def absolute_update(total, batch, row, column, inside, extra):
    added_ptr, stride_row, stride_column, alpha, beta = extra
    added = tl.load(added_ptr + row * stride_row + column * stride_column, mask=inside, other=0).to(tl.float32)
    # With a factor of 0, by definition, it does not matter what the tensor contains.
    return tl.abs(total * alpha + tl.where(beta == 0, 0.0, added * beta))


def symmetric_mm_and_abs_sum(A: torch.Tensor, C: torch.Tensor, alpha: float, beta: float) -> torch.Tensor:
    extra = (C, *C.stride(), float(alpha), float(beta))
    absolute = product(A[None], A.t()[None], epilogue=absolute_update, extra=extra, dtype=torch.float32)
    return total(absolute, None, dtype=A.dtype)
