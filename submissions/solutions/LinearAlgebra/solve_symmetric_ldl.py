"""LDL decomposition with pivots of one or two columns, then the systems with L, D and L^H. Bound by latency.

The pivoting of Bunch and Kaufman (Golub and Van Loan, Matrix Computations, section 4.4). Rows are exchanged in all of
L, so that the permutation is one: right-hand sides are loaded in its order, and solutions stored in it.
"""

from __future__ import annotations

import torch
from _common.indefinite import solve
from _common.planes import destination, finished
from _common.substitution import columns_of, systems


def solve_symmetric_ldl(
    A: torch.Tensor, b: torch.Tensor, hermitian: bool = False, out: torch.Tensor | None = None
) -> torch.Tensor:
    matrices, right, shape = systems(A, b)
    result = destination(out, shape, b, A, kept=2 if len(shape) == A.ndim else 1)
    solve(matrices, right, columns_of(result, right), hermitian)
    return finished(out, result)
