"""(A V) V* of Jacobi's one-sided SVD, in which A V is U diag(S): rotations make its columns orthogonal.

Bound by latency of the rotations, then by memory. See Demmel and Veselic, Jacobi's method is more accurate than QR
(1992).
"""

from __future__ import annotations

import torch
from _common.jacobi import recombined


def fused_svd_reconstruct(A: torch.Tensor) -> torch.Tensor:
    return recombined(A)
