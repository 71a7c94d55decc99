"""Standard deviation of GELU over any dimensions in one read; few long rows are split. Bound by memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from _common.activations import gelu_function
from _common.moments import deviations


def fused_gelu_std(
    input: torch.Tensor,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    correction: float = 1,
    approximate: str = "none",
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    return deviations(input, dim, correction, keepdim, gelu_function(approximate), out)
