"""One RMSProp step in one pass: four streams in, two out, no intermediate tensor in memory."""

import torch
import triton
import triton.language as tl


@triton.jit
def rmsprop_kernel(
    param_ptr, grad_ptr, square_avg_ptr, new_param_ptr, new_square_avg_ptr, count,
    lr, alpha, one_minus_alpha, eps, weight_decay, BLOCK: tl.constexpr,
):  # fmt: skip
    offsets = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    param = tl.load(param_ptr + offsets, mask=inside, other=0).to(tl.float32)
    grad = tl.load(grad_ptr + offsets, mask=inside, other=0).to(tl.float32) + weight_decay * param
    square_avg = tl.load(square_avg_ptr + offsets, mask=inside, other=0).to(tl.float32)
    square_avg = alpha * square_avg + one_minus_alpha * grad * grad
    param -= lr * (grad / (tl.sqrt(square_avg) + eps))
    tl.store(new_param_ptr + offsets, param, mask=inside)
    tl.store(new_square_avg_ptr + offsets, square_avg, mask=inside)


def rmsprop_step(param, grad, square_avg, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0):
    param, grad, square_avg = param.contiguous(), grad.contiguous(), square_avg.contiguous()
    new_param, new_square_avg = torch.empty_like(param), torch.empty_like(square_avg)
    # 1 - alpha is taken here in double precision: in float32 it would lose the last digits of 0.01.
    rmsprop_kernel[(triton.cdiv(param.numel(), 1024),)](
        param, grad, square_avg, new_param, new_square_avg, param.numel(),
        float(lr), float(alpha), float(1 - alpha), float(eps), float(weight_decay), BLOCK=1024,
    )  # fmt: skip
    return new_param, new_square_avg
