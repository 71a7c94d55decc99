"""V diag(1 / S^2) (A V)* of Jacobi's one-sided SVD: rotations make the columns of A V orthogonal, of lengths S.

Bound by latency of the rotations, then by memory. U is never formed, so `full_matrices` changes nothing. See Demmel
and Veselic, Jacobi's method is more accurate than QR (1992).
"""

from __future__ import annotations

import torch
from _common.complex_numbers import delivered
from _common.jacobi import recombined


def pseudoinverse_svd(
    A: torch.Tensor, *, full_matrices: bool = True, rcond: float = 1e-15, out: torch.Tensor | None = None
) -> torch.Tensor:
    result = recombined(A, least=float(rcond))
    return result if out is None else delivered((result,), (out,))[0]
