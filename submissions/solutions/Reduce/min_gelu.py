"""Smallest value of GELU along one dimension or of all elements, in one read. Bound by memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from _common.activations import gelu_function
from _common.minima import minima


def min_gelu(
    input: torch.Tensor,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    approximate: str = "none",
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    values, _ = minima(input, dim, keepdim, gelu_function(approximate), places=False)
    return values if out is None else out.resize_(values.shape).copy_(values)
