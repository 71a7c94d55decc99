"""Two triangular systems one after the other, with right-hand sides held in registers. Bound by latency.

Columns of the factor are subtracted from all rows at once (Golub and Van Loan, Matrix Computations, section 3.1). The
other factor is the same tensor, read with its strides exchanged.
"""

from __future__ import annotations

import torch
from _common.planes import batched, destination, finished
from _common.substitution import substitute


def cholesky_solve(
    B: torch.Tensor, L: torch.Tensor, upper: bool = False, out: torch.Tensor | None = None
) -> torch.Tensor:
    batch = torch.broadcast_shapes(B.shape[:-2], L.shape[:-2])
    result = destination(out, (*batch, *B.shape[-2:]), B, L)
    given = batched(L, batch)
    first, second = (given.mT, given) if upper else (given, given.mT)
    substitute(first, second, batched(B, batch), batched(result), conjugate=(upper, not upper))
    return finished(out, result)
