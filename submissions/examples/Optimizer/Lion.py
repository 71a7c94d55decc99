"""One Lion step in one pass: the sign of the mixed momentum moves the parameter, then the momentum moves on."""

import torch
import triton
import triton.language as tl


@triton.jit
def lion_kernel(
    param_ptr, grad_ptr, exp_avg_ptr, new_param_ptr, new_exp_avg_ptr, count,
    lr, shrink, beta1, one_minus_beta1, beta2, one_minus_beta2, BLOCK: tl.constexpr,
):  # fmt: skip
    offsets = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    param = tl.load(param_ptr + offsets, mask=inside, other=0).to(tl.float32)
    grad = tl.load(grad_ptr + offsets, mask=inside, other=0).to(tl.float32)
    exp_avg = tl.load(exp_avg_ptr + offsets, mask=inside, other=0).to(tl.float32)
    mixed = beta1 * exp_avg + one_minus_beta1 * grad
    # 0 and NaN are neither above nor below 0 and stay what they are.
    sign = tl.where(mixed > 0, 1.0, tl.where(mixed < 0, -1.0, mixed))
    tl.store(new_param_ptr + offsets, shrink * param - lr * sign, mask=inside)
    tl.store(new_exp_avg_ptr + offsets, beta2 * exp_avg + one_minus_beta2 * grad, mask=inside)


def lion_step(param, grad, exp_avg, lr=1e-4, beta1=0.9, beta2=0.99, weight_decay=0.0):
    param, grad, exp_avg = param.contiguous(), grad.contiguous(), exp_avg.contiguous()
    new_param, new_exp_avg = torch.empty_like(param), torch.empty_like(exp_avg)
    # Differences from 1 are taken here in double precision: in float32 they would lose the last digits.
    lion_kernel[(triton.cdiv(param.numel(), 1024),)](
        param, grad, exp_avg, new_param, new_exp_avg, param.numel(),
        float(lr), float(1 - lr * weight_decay), float(beta1), float(1 - beta1), float(beta2), float(1 - beta2),
        BLOCK=1024,
    )  # fmt: skip
    return new_param, new_exp_avg
