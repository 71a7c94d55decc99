"""Adam's update of one parameter in one pass: four reads, three writes; weight decay is coupled or decoupled.

Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015. Loshchilov and Hutter, Decoupled Weight Decay
Regularization, 2019.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl


@triton.jit
def adam_kernel(
    param_ptr, grad_ptr, average_ptr, square_ptr, new_param_ptr, new_average_ptr, new_square_ptr, count,
    decay, lr, beta1, rest1, beta2, rest2, correction, eps, COUPLED: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    param = tl.load(param_ptr + at, mask=inside, other=0).to(tl.float32)
    grad = tl.load(grad_ptr + at, mask=inside, other=0).to(tl.float32)
    if COUPLED:
        grad += decay * param
    else:
        param *= decay
    average = beta1 * tl.load(average_ptr + at, mask=inside, other=0).to(tl.float32) + rest1 * grad
    square = beta2 * tl.load(square_ptr + at, mask=inside, other=0).to(tl.float32) + rest2 * grad * grad
    moved = param - lr * (average / (tl.sqrt(square * correction) + eps))
    tl.store(new_param_ptr + at, moved, mask=inside)
    tl.store(new_average_ptr + at, average, mask=inside)
    tl.store(new_square_ptr + at, square, mask=inside)


def update(
    old: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
    new: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
    grad: torch.Tensor,
    step: int,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    coupled: bool,
) -> None:
    """Write parameter, average and square after a step; all tensors are contiguous, and `new` may be `old`."""
    count, (beta1, beta2) = grad.numel(), betas
    # Differences from 1 are taken here in double precision: in float32 they would lose the last digits.
    if count:
        adam_kernel[(triton.cdiv(count, 1024),)](
            old[0], grad, *old[1:], *new, count, float(weight_decay if coupled else 1 - lr * weight_decay),
            float(lr / (1 - beta1**step)), float(beta1), float(1 - beta1), float(beta2), float(1 - beta2),
            float(1 / (1 - beta2**step)), float(eps), COUPLED=coupled, BLOCK=1024,
        )  # fmt: skip
