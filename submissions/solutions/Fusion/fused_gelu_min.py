"""Minimum of GELU of all elements, or minima and their places along one dimension, in one read. Bound by memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from _common.activations import gelu_function
from _common.minima import minima


def fused_gelu_min(
    input: torch.Tensor,
    approximate: str = "none",
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    out: torch.Tensor | Sequence[torch.Tensor] | None = None,
) -> torch.Tensor | tuple[torch.Tensor, ...]:
    values, places = minima(input, dim, keepdim, gelu_function(approximate), places=dim is not None)
    if dim is None:
        return values if out is None else out.resize_(values.shape).copy_(values)
    if out is None:
        return values, places
    return tuple(target.resize_(each.shape).copy_(each) for target, each in zip(out, (values, places), strict=True))
