"""Elimination in panels that registers hold, then triangular systems with the unit vectors. Bound by latency.

LU decomposition with partial pivoting (Golub and Van Loan, Matrix Computations, section 3.4). The right-hand sides are
rows of the identity in the order of the pivots, which are made in registers.
"""

from __future__ import annotations

import torch
from _common.elimination import eliminate
from _common.planes import batched, destination, finished
from _common.substitution import substitute


def invert_matrix_lu(A: torch.Tensor, *, pivot: bool = True, out: torch.Tensor | None = None) -> torch.Tensor:
    result = destination(out, tuple(A.shape), A)
    factors, places, _ = eliminate(batched(A), pivot)
    substitute(factors, factors, None, batched(result), places=places if pivot else None, unit=True)
    return finished(out, result)
