"""Adds eps under the root instead of to it."""

import torch
import triton
import triton.language as tl


@triton.jit
def rmsprop_kernel(
    p_ptr, g_ptr, s_ptr, q_ptr, t_ptr, count, lr, alpha, one_minus_alpha, eps, decay, BLOCK: tl.constexpr
):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    p = tl.load(p_ptr + offsets, mask=inside, other=0).to(tl.float32)
    g = tl.load(g_ptr + offsets, mask=inside, other=0).to(tl.float32) + decay * p
    s = alpha * tl.load(s_ptr + offsets, mask=inside, other=0).to(tl.float32) + one_minus_alpha * g * g
    tl.store(q_ptr + offsets, p - lr * g / tl.sqrt(s + eps), mask=inside)
    tl.store(t_ptr + offsets, s, mask=inside)


def rmsprop_step(param, grad, square_avg, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0):
    p, g, s = param.contiguous(), grad.contiguous(), square_avg.contiguous()
    q, t = torch.empty_like(p), torch.empty_like(s)
    rmsprop_kernel[(triton.cdiv(p.numel(), 1024),)](
        p, g, s, q, t, p.numel(), float(lr), float(alpha), float(1 - alpha), float(eps), float(weight_decay), BLOCK=1024
    )
    return q, t
