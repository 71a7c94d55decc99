"""Mean over any dimensions in wide accumulators; few long rows are split over programs. Bound by memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from _common.sums import mean as averaged


def mean(
    input_tensor: torch.Tensor,
    dim: int | Sequence[int] | None,
    keepdim: bool = False,
    dtype: torch.dtype | None = None,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    return averaged(input_tensor, dim, keepdim, dtype, out)
