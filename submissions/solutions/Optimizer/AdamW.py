"""One step of AdamW in one pass: four reads, three writes. Bound by memory.

The algorithm is that of Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl


@triton.jit
def adamw_kernel(
    param_ptr, grad_ptr, average_ptr, square_ptr, new_param_ptr, new_average_ptr, new_square_ptr, count,
    shrink, lr, beta1, rest1, beta2, rest2, correction, eps, BLOCK: tl.constexpr,
):  # fmt: skip
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    param = tl.load(param_ptr + at, mask=inside, other=0).to(tl.float32)
    grad = tl.load(grad_ptr + at, mask=inside, other=0).to(tl.float32)
    average = beta1 * tl.load(average_ptr + at, mask=inside, other=0).to(tl.float32) + rest1 * grad
    square = beta2 * tl.load(square_ptr + at, mask=inside, other=0).to(tl.float32) + rest2 * grad * grad
    moved = param * shrink - lr * (average / (tl.sqrt(square * correction) + eps))
    tl.store(new_param_ptr + at, moved, mask=inside)
    tl.store(new_average_ptr + at, average, mask=inside)
    tl.store(new_square_ptr + at, square, mask=inside)


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
    count = param.numel()
    # Differences from 1 are taken here in double precision: in float32 they would lose the last digits.
    adamw_kernel[(triton.cdiv(count, 1024),)](
        param, grad, exp_avg, exp_avg_sq, *results, count,
        float(1 - lr * weight_decay), float(lr / (1 - beta1**step)), float(beta1), float(1 - beta1),
        float(beta2), float(1 - beta2), float(1 / (1 - beta2**step)), float(eps), BLOCK=1024,
    )  # fmt: skip
    return results
