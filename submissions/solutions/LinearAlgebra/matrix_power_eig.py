"""V diag(L^k) V^-1 by QR iterations and substitution: eigenvectors and their inverse come from one triangular matrix.

Bound by latency: each reflection needs the one before it. Many small matrices share a program. Matrices of more than
300 rows are refused. With V = Q Y and Y triangular, the inverse of V needs no pivots. See Golub and Van Loan, Matrix
Computations, 7.4 to 7.6 and 9.1.
"""

from __future__ import annotations

import math

import torch
from _common.combinations import combine
from _common.schur import launch


def matrix_power_eig(A: torch.Tensor, k: complex, *, out: torch.Tensor | None = None) -> torch.Tensor:
    *batch, n, _ = A.shape
    stacks = torch.empty((math.prod(batch), n, 2 * n), dtype=torch.complex128, device=A.device)
    launch(A, None, stacks, k)
    result = torch.empty(A.shape, dtype=A.dtype.to_complex() if isinstance(k, complex) else A.dtype, device=A.device)
    combine(torch.view_as_real(stacks), stacks, result, n, (0, n))
    return result if out is None else out.resize_(result.shape).copy_(result)
