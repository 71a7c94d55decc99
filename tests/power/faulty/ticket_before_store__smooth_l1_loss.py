"""Takes the ticket before its partial sum is stored, which the last program may then not find."""

import torch
import triton
import triton.language as tl


@triton.jit
def loss_kernel(
    x_ptr, t_ptr, y_ptr, parts_ptr, ticket_ptr, count, beta, scale, NONE: tl.constexpr, BLOCK: tl.constexpr
):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + place, mask=place < count, other=0).to(tl.float32)
    error = tl.abs(x - tl.load(t_ptr + place, mask=place < count, other=0).to(tl.float32))
    below = error < beta
    loss = tl.where(below, 0.5 * error * error / tl.where(below, beta, 1.0), error - 0.5 * beta)
    if NONE:
        tl.store(y_ptr + place, loss, mask=place < count)
    else:
        part = tl.sum(tl.where(place < count, loss, 0.0), axis=0) * scale
        mine = tl.atomic_add(ticket_ptr, 1)
        tl.store(parts_ptr + tl.program_id(0), part)
        tl.debug_barrier()
        if mine == tl.num_programs(0) - 1:
            total = tl.zeros((64,), tl.float32)
            for start in range(0, tl.num_programs(0), 64):
                index = start + tl.arange(0, 64)
                total += tl.load(parts_ptr + index, mask=index < tl.num_programs(0), other=0.0)
            tl.store(y_ptr, tl.sum(total, axis=0))


def smooth_l1_loss(input, target, beta=1.0, reduction="mean"):
    x, t, count = input.contiguous(), target.contiguous(), input.numel()
    none, blocks = reduction == "none", triton.cdiv(count, 128)
    result = torch.zeros(x.shape if none else (), dtype=x.dtype if none else torch.float32, device=x.device)
    parts = torch.empty(blocks, dtype=torch.float32, device=x.device)
    ticket = torch.zeros(1, dtype=torch.int32, device=x.device)
    scale = 1 / count if reduction == "mean" else 1.0
    loss_kernel[(blocks,)](x, t, result, parts, ticket, count, float(beta), scale, NONE=none, BLOCK=128)
    return result.to(x.dtype)
