"""Hessenberg form, QR iterations with two shifts, and substitution, all on one block of registers in complex float64.

Bound by latency: each reflection needs the one before it. Many small matrices share a program. Matrices of more than
300 rows are refused. Jacobi's rotations for general matrices were not tried: they are not unitary. See Golub and Van
Loan, Matrix Computations, 7.4 to 7.6.
"""

from __future__ import annotations

import torch
from _common.schur import launch


def eig(A: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    values = torch.empty(A.shape[:-1], dtype=A.dtype.to_complex(), device=A.device)
    vectors = torch.empty(A.shape, dtype=values.dtype, device=A.device)
    launch(A, values, vectors)
    return values, vectors
