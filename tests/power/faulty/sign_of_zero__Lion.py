"""Takes the sign of zero for +1, so that parameters without gradient and momentum drift."""

import torch
import triton
import triton.language as tl


@triton.jit
def lion_kernel(p_ptr, g_ptr, m_ptr, new_p_ptr, new_m_ptr, count, lr, b1, c1, b2, c2, decay, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    p = tl.load(p_ptr + offsets, mask=inside, other=0).to(tl.float32)
    g = tl.load(g_ptr + offsets, mask=inside, other=0).to(tl.float32)
    m = tl.load(m_ptr + offsets, mask=inside, other=0).to(tl.float32)
    direction = tl.where(b1 * m + c1 * g < 0, -1.0, 1.0)
    tl.store(new_p_ptr + offsets, p * decay - lr * direction, mask=inside)
    tl.store(new_m_ptr + offsets, b2 * m + c2 * g, mask=inside)


def lion_step(param, grad, exp_avg, lr=1e-4, beta1=0.9, beta2=0.99, weight_decay=0.0):
    p, g, m = param.contiguous(), grad.contiguous(), exp_avg.contiguous()
    new_p, new_m = torch.empty_like(p), torch.empty_like(m)
    decay = 1 - lr * weight_decay
    lion_kernel[(triton.cdiv(p.numel(), 1024),)](
        p, g, m, new_p, new_m, p.numel(), float(lr), beta1, 1 - beta1, beta2, 1 - beta2, decay, BLOCK=1024
    )
    return new_p, new_m
