"""Elimination in panels that registers hold, then two triangular systems for the vector. Bound by latency.

LU decomposition with partial pivoting (Golub and Van Loan, Matrix Computations, section 3.4); the vector is loaded in
the order of the pivots.
"""

from __future__ import annotations

import torch
from _common.elimination import eliminate
from _common.substitution import substitute


def fused_lu_solve(A: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    factors, places, _ = eliminate(A[None])
    result = torch.empty(b.shape, dtype=b.dtype, device=b.device)
    substitute(factors, factors, b[None, :, None], result[None, :, None], places=places, unit=True)
    return result
