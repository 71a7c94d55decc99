"""Tunes a kernel that updates in place and has the tuner restore what its trial runs change."""

import torch
import triton
import triton.language as tl


@triton.autotune(
    [triton.Config({"BLOCK": 1024}), triton.Config({"BLOCK": 256})], key=["count"], restore_value=["p_ptr", "s_ptr"]
)
@triton.jit
def rmsprop_kernel(p_ptr, g_ptr, s_ptr, count, lr, alpha, one_minus_alpha, eps, decay, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    p = tl.load(p_ptr + offsets, mask=inside, other=0).to(tl.float32)
    g = tl.load(g_ptr + offsets, mask=inside, other=0).to(tl.float32) + decay * p
    s = alpha * tl.load(s_ptr + offsets, mask=inside, other=0).to(tl.float32) + one_minus_alpha * g * g
    tl.store(p_ptr + offsets, p - lr * g / (tl.sqrt(s) + eps), mask=inside)
    tl.store(s_ptr + offsets, s, mask=inside)


def rmsprop_step(param, grad, square_avg, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0):
    p, s, count = param.contiguous(), square_avg.contiguous(), param.numel()
    rmsprop_kernel[lambda meta: (triton.cdiv(count, meta["BLOCK"]),)](
        p, grad.contiguous(), s, count, float(lr), float(alpha), float(1 - alpha), float(eps), float(weight_decay)
    )
    return p, s
