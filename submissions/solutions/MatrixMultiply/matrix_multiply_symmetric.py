"""alpha * (D @ D.T) + beta * D for D = alpha * (A @ B) + beta * C: two products, each with the sum as epilogue.

D is kept in float32 between them. Bound by arithmetic.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.products import product


@triton.jit
def updated(total, batch, row, column, inside, extra):
    added_ptr, stride_row, stride_column, alpha, beta = extra
    added = tl.load(added_ptr + row * stride_row + column * stride_column, mask=inside, other=0).to(tl.float32)
    # With a factor of 0, by definition, it does not matter what the tensor contains.
    return total * alpha + tl.where(beta == 0, 0.0, added * beta)


def matrix_multiply_symmetric(
    A: torch.Tensor, B: torch.Tensor, C: torch.Tensor, alpha: float, beta: float
) -> torch.Tensor:
    alpha, beta = float(alpha), float(beta)
    first = product(
        A[None], B[None], epilogue=updated, extra=(C, *C.stride(), alpha, beta), dtype=torch.float32
    )  # fmt: skip
    D = first[0]
    extra = (D, *D.stride(), alpha, beta)
    return product(first, D.t()[None], epilogue=updated, extra=extra, dtype=A.dtype)[0]
