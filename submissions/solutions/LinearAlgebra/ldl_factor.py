"""LDL decomposition with pivots of one or two columns, which two launches a column take. Bound by latency.

The pivoting of Bunch and Kaufman as in LAPACK's sytf2 and hetf2 (Golub and Van Loan, Matrix Computations, section
4.4). What the pivot is is known on the GPU only, so every column gets its launches, and the second one of a pair does
nothing. A single program for the whole matrix was dropped: it leaves all other multiprocessors idle.
"""

from __future__ import annotations

import torch
from _common.indefinite import decompose
from _common.planes import batched, destination, finished


def ldl_factor(
    A: torch.Tensor, hermitian: bool = False, out: tuple[torch.Tensor, torch.Tensor] | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    compact, pivots = out or (None, None)
    result = destination(compact, tuple(A.shape), A)
    named = torch.empty(A.shape[:-1], dtype=torch.int32, device=A.device)
    if pivots is not None and pivots.resize_(named.shape).is_contiguous():
        named = pivots
    decompose(batched(A), batched(result), hermitian, pivots=named.view(-1, A.shape[-1]))
    return finished(compact, result), finished(pivots, named)
