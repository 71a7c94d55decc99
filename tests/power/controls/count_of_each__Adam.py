"""Reads its options at each step, skips parameters without a gradient, and counts the steps of each."""

import torch
import triton
import triton.language as tl


@triton.jit
def adam_kernel(p_ptr, g_ptr, m_ptr, v_ptr, count, lr, b1, c1, b2, c2, k1, k2, eps, decay, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    p = tl.load(p_ptr + offsets, mask=inside, other=0).to(tl.float32)
    g = tl.load(g_ptr + offsets, mask=inside, other=0).to(tl.float32) + decay * p
    m = b1 * tl.load(m_ptr + offsets, mask=inside, other=0) + c1 * g
    v = b2 * tl.load(v_ptr + offsets, mask=inside, other=0) + c2 * g * g
    tl.store(m_ptr + offsets, m, mask=inside)
    tl.store(v_ptr + offsets, v, mask=inside)
    tl.store(p_ptr + offsets, p - lr * (m / k1) / (tl.sqrt(v / k2) + eps), mask=inside)


class Optimizer(torch.optim.Optimizer):
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (b1, b2), eps, decay = group["betas"], group["eps"], group["weight_decay"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["m"], state["v"] = torch.zeros((2, p.numel()), dtype=torch.float32, device=p.device)
                step = state["step"] = state.get("step", 0) + 1
                flat, count = p.contiguous(), p.numel()
                adam_kernel[(triton.cdiv(count, 1024),)](
                    flat, p.grad.contiguous(), state["m"], state["v"], count, float(group["lr"]), b1, 1 - b1, b2, 1 - b2,
                    1 - b1**step, 1 - b2**step, float(eps), float(decay), BLOCK=1024,
                )  # fmt: skip
                if flat.data_ptr() != p.data_ptr():
                    p.copy_(flat)


def Adam(params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0):
    return Optimizer(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})
