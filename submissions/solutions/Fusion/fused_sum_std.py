"""Standard deviation of the sums over any dimensions: sums in wide accumulators, then one small pass over them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from _common.moments import deviations
from _common.sums import identity, total


def fused_sum_std(
    input: torch.Tensor,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    dtype: torch.dtype | None = None,
    correction: float = 1,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    kind = dtype or input.dtype
    wide = torch.float64 if kind == torch.float64 else torch.float32
    sums = total(input, dim, dtype=wide)
    # The sums have the dtype of the result before their deviation is taken, as documented.
    return deviations(sums.to(kind), None, correction, False, identity, out)
