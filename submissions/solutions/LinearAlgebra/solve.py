"""Elimination in panels that registers hold, then two triangular systems for tiles of columns. Bound by latency.

LU decomposition with partial pivoting (Golub and Van Loan, Matrix Computations, section 3.4). The permutation costs
nothing: rows of the right-hand sides are loaded in its order. A singular matrix gives infinities or NaN; PyTorch raises
an error, for which the host would have to wait.
"""

from __future__ import annotations

import torch
from _common.elimination import eliminate
from _common.substitution import columns_of, substitute, systems


def solve(A: torch.Tensor, B: torch.Tensor) -> torch.Tensor:
    matrices, right, shape = systems(A, B)
    factors, places, _ = eliminate(matrices)
    result = torch.empty(shape, dtype=A.dtype, device=A.device)
    substitute(factors, factors, right, columns_of(result, right), places=places, unit=True)
    return result
