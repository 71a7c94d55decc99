"""Sigmoid of batch norm: one pass for the statistics of channels, one for the results. Bound by memory."""

from __future__ import annotations

import torch
from _common.activations import sigmoid
from _common.normalisation import batch_norm


def fused_sigmoid_batch_norm(
    input: torch.Tensor,
    running_mean: torch.Tensor | None,
    running_var: torch.Tensor | None,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> torch.Tensor:
    return batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps, sigmoid)
