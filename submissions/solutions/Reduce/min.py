"""Smallest element along one dimension and the first place of it; few long rows are split. Bound by memory."""

from __future__ import annotations

import torch
from _common.minima import minima


def min(input_tensor: torch.Tensor, dim: int, keepdim: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    return minima(input_tensor, dim, keepdim)
