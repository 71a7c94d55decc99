"""Adds the losses of all blocks to the result by atomic additions in the dtype of the input, bfloat16 among them."""

import torch
import triton
import triton.language as tl


@triton.jit
def kl_kernel(x_ptr, t_ptr, y_ptr, count, scale, LOG: tl.constexpr, NONE: tl.constexpr, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = place < count
    x = tl.load(x_ptr + place, mask=inside, other=0).to(tl.float32)
    t = tl.load(t_ptr + place, mask=inside, other=0).to(tl.float32)
    if LOG:
        loss = tl.exp(t) * (t - x)
    else:
        loss = tl.where(t == 0, 0.0, t * (tl.log(t) - x))
    loss = tl.where(inside, loss, 0.0)
    if NONE:
        tl.store(y_ptr + place, loss, mask=inside)
    else:
        tl.atomic_add(y_ptr, (tl.sum(loss, axis=0) * scale).to(y_ptr.dtype.element_ty))


def kl_div(input, target, reduction="batchmean", log_target=False):
    x, t = (each.contiguous() for each in torch.broadcast_tensors(input, target))
    count, none = x.numel(), reduction == "none"
    y = torch.zeros(x.shape if none else (), dtype=x.dtype, device=x.device)
    scale = {"mean": 1 / max(count, 1), "batchmean": 1 / max(x.shape[0], 1)}.get(reduction, 1.0)
    block = 512 if none else min(65536, max(512, triton.next_power_of_2(triton.cdiv(count, 2))))
    kl_kernel[(triton.cdiv(count, block),)](x, t, y, count, scale, LOG=log_target, NONE=none, BLOCK=block)
    return y
