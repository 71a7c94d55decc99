"""One step of AdamW in one pass: four reads, three writes. Bound by memory.

The algorithm is that of Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019.
"""

from __future__ import annotations

import torch
from _common.adam import update


def adamw_step(
    param: torch.Tensor,
    grad: torch.Tensor,
    exp_avg: torch.Tensor,
    exp_avg_sq: torch.Tensor,
    step: int,
    lr: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    param, grad, exp_avg, exp_avg_sq = (each.contiguous() for each in (param, grad, exp_avg, exp_avg_sq))
    results = torch.empty_like(param), torch.empty_like(exp_avg), torch.empty_like(exp_avg_sq)
    update((param, exp_avg, exp_avg_sq), results, grad, step, lr, (beta1, beta2), eps, weight_decay, coupled=False)
    return results
