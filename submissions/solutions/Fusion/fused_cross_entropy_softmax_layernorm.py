"""Cross entropy of logits, and layer norm of their softmax, which is kept in float32 between its two steps.

Bound by memory. The statistics of a row cannot be known before its softmax is, so passes follow each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from _common.classes import class_losses
from _common.normalisation import normalised, statistics
from _common.softmax import softmax


def fused_cross_entropy_softmax_layernorm(
    logits: torch.Tensor,
    targets: torch.Tensor,
    normalized_shape: int | Sequence[int],
    weight: torch.Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    eps: float = 1e-5,
    *,
    out: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    loss = class_losses(logits, targets, weight, ignore_index, reduction, label_smoothing)
    columns = normalized_shape if isinstance(normalized_shape, int) else math.prod(normalized_shape)
    rows = softmax(logits, 1, torch.float32).view(1, -1, columns)
    result = normalised(rows, *statistics(rows), eps=eps, dtype=logits.dtype).view(logits.shape)
    return loss, result if out is None else out.resize_(result.shape).copy_(result)
