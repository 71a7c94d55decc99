"""Cholesky decomposition in panels that registers hold, then two triangular systems. Bound by latency.

The right-looking algorithm (Golub and Van Loan, Matrix Computations, section 4.2). The second system reads the factor
with its strides exchanged.
"""

from __future__ import annotations

import torch
from _common.definite import cholesky_factor
from _common.planes import empty_columns
from _common.substitution import substitute


def fused_cholesky_solve(A: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    factor = empty_columns(1, *A.shape, A)
    cholesky_factor(A[None], factor)
    result = torch.empty(b.shape, dtype=b.dtype, device=b.device)
    substitute(factor, factor.mT, b[None], result[None])
    return result
