"""target * (log(target) - input), where a target of 0 adds nothing, summed in the same pass. Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.losses import reduced


@triton.jit
def divergence(x, target):
    return tl.where(target > 0, target * (tl.log(tl.where(target > 0, target, 1.0)) - x), 0.0)


@triton.jit
def divergence_of_log_target(x, target):
    return tl.exp(target) * (target - x)


def kl_div(
    input: torch.Tensor, target: torch.Tensor, reduction: str = "batchmean", log_target: bool = False
) -> torch.Tensor:
    return reduced(divergence_of_log_target if log_target else divergence, input, target, reduction=reduction)
