"""Dropout of GELU of the RMS norm of a batched product, minus `other`: the product in float32, then two passes.

The product is bound by arithmetic, the rest by memory. What broadcasts has strides of 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from _common.root_mean_squares import bmm_rms_gelu


def fused_bmm_rmsnorm_gelu_dropout_sub(
    input1: torch.Tensor,
    input2: torch.Tensor,
    other: torch.Tensor,
    normalized_shape: int | Sequence[int],
    dropout_p: float = 0.5,
    training: bool = True,
    approximate: str = "none",
    eps: float = 1e-5,
    *,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    return bmm_rms_gelu(input1, input2, normalized_shape, dropout_p, training, approximate, eps, other, out)
