"""Back substitution with right-hand sides held in registers, and the scaled vector added at the end. Bound by latency.

A step subtracts a column of the matrix from all rows above at once (Golub and Van Loan, Matrix Computations, section
3.1). alpha reaches the kernel as the bits of a float64.
"""

from __future__ import annotations

import torch
from _common.substitution import substitute


def solve_and_add_scaled_vector(A: torch.Tensor, b: torch.Tensor, y: torch.Tensor, alpha: float) -> torch.Tensor:
    right = b if b.ndim == 2 else b[:, None]
    added = y if b.ndim == 2 or y.ndim == 0 else y[:, None]
    result = torch.empty(b.shape, dtype=b.dtype, device=b.device)
    substitute(
        None, A[None], right[None], result.view(right.shape)[None], added=added.expand(right.shape)[None], alpha=alpha
    )
    return result
