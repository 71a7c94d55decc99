"""Dropout of log_softmax(input @ vec): sums of rows in float32, then two passes over them. Bound by memory."""

from __future__ import annotations

import torch
from _common.products import product
from _common.randomness import scale_of, seed
from _common.softmax import softmax


def fused_mv_logsoftmax_dropout(
    input: torch.Tensor,
    vec: torch.Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    dim: int = 0,
    *,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    p = float(p) if training else 0.0
    hidden = product(input[None], vec[None, :, None], dtype=torch.float32).view(input.shape[0])
    drop = (seed(), p, scale_of(p)) if p else None
    result = softmax(hidden, dim, input.dtype, log=True, drop=drop)
    return result if out is None else out.resize_(result.shape).copy_(result)
