"""Cross entropy by the online log-sum-exp of each row; sums of blocks are added by a last program. Bound by memory.

The running maximum is that of Milakov and Gimelshein, Online Normalizer Calculation for Softmax, 2018.
"""

from __future__ import annotations

import torch
from _common.classes import class_losses


def cross_entropy(
    input: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> torch.Tensor:
    return class_losses(input, target, weight, ignore_index, reduction)
