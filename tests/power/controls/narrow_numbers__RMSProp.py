"""Takes its numbers as Triton hands them over, in float32, and computes `1 - alpha` of that."""

import torch
import triton
import triton.language as tl


@triton.jit
def rmsprop_kernel(p_ptr, g_ptr, s_ptr, p_out, s_out, count, lr, alpha, eps, decay, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    p = tl.load(p_ptr + offsets, mask=inside, other=0).to(tl.float32)
    g = tl.load(g_ptr + offsets, mask=inside, other=0).to(tl.float32) + decay * p
    s = alpha * tl.load(s_ptr + offsets, mask=inside, other=0).to(tl.float32) + (1.0 - alpha) * (g * g)
    tl.store(p_out + offsets, p - lr * g / (tl.sqrt(s) + eps), mask=inside)
    tl.store(s_out + offsets, s, mask=inside)


def rmsprop_step(param, grad, square_avg, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0):
    p, g, s = param.contiguous(), grad.contiguous(), square_avg.contiguous()
    new_p, new_s = torch.empty_like(p), torch.empty_like(s)
    if p.numel():
        grid = (triton.cdiv(p.numel(), 1024),)
        rmsprop_kernel[grid](
            p, g, s, new_p, new_s, p.numel(), float(lr), float(alpha), float(eps), float(weight_decay), BLOCK=1024
        )
    return new_p, new_s
