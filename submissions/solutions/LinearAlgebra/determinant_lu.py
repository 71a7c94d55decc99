"""Product of the pivots of an elimination in panels that registers hold. Bound by latency, small matrices by memory.

With pivoting, the sign is that of the exchanges of rows (Golub and Van Loan, Matrix Computations, section 3.4).
"""

from __future__ import annotations

import torch
from _common.determinants import determinants


def determinant_lu(A: torch.Tensor, *, pivot: bool = True, out: torch.Tensor | None = None) -> torch.Tensor:
    return determinants(A, pivot, out)
