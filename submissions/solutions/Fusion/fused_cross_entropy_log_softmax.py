"""Cross entropy of a log-softmax, which is that of the logits: the log-softmax of a log-softmax changes nothing.

One online pass over each row gives the log-sum-exp and the sums that targets of probabilities and label smoothing need.
Bound by memory.
"""

from __future__ import annotations

import torch
from _common.classes import class_losses


def fused_cross_entropy_log_softmax(
    input: torch.Tensor,
    target: torch.Tensor,
    dim: int = 1,
    weight: torch.Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> torch.Tensor:
    if dim not in (1, 1 - input.ndim):
        raise ValueError("dim must be the dimension of the classes, 1")
    return class_losses(input, target, weight, ignore_index, reduction, label_smoothing)
