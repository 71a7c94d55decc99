"""Cholesky decomposition in panels of columns that registers hold, and tiles on their right. Bound by latency.

The right-looking algorithm of Golub and Van Loan, Matrix Computations, section 4.2: a column waits for the one before
it. For the upper factor, the transposed matrix and result are read and written as conjugates. A matrix that is not
positive definite has NaN in its factor; PyTorch raises an error, for which the host would have to wait.
"""

from __future__ import annotations

import torch
from _common.definite import cholesky_factor
from _common.planes import batched, destination, finished


def cholesky(A: torch.Tensor, upper: bool = False, out: torch.Tensor | None = None) -> torch.Tensor:
    result = destination(out, tuple(A.shape), A)
    matrices, factor = batched(A), batched(result)
    cholesky_factor(matrices.mT if upper else matrices, factor.mT if upper else factor, conjugated=upper)
    return finished(out, result)
