"""The first k columns of A V times V* of Jacobi's one-sided SVD, which are U diag(S) V* of rank k.

Bound by latency of the rotations, then by memory. U is never formed, so `full_matrices` changes nothing. See Demmel
and Veselic, Jacobi's method is more accurate than QR (1992).
"""

from __future__ import annotations

import torch
from _common.complex_numbers import delivered
from _common.jacobi import recombined


def low_rank_svd_approximation(
    A: torch.Tensor, k: int, *, full_matrices: bool = True, out: torch.Tensor | None = None
) -> torch.Tensor:
    result = recombined(A, count=max(0, min(k, *A.shape[-2:])))
    return result if out is None else delivered((result,), (out,))[0]
