"""Smooth L1 loss in one pass: elements, or sums of blocks written side by side and added by a last program."""

import torch
import triton
import triton.language as tl


@triton.jit
def loss_kernel(
    x_ptr, target_ptr, loss_ptr, count,
    BETA: tl.constexpr, SUM: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    offsets = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < count
    x = tl.load(x_ptr + offsets, mask=inside, other=0).to(COMPUTE)
    target = tl.load(target_ptr + offsets, mask=inside, other=0).to(COMPUTE)
    error = tl.abs(x - target)
    if BETA > 0:
        loss = tl.where(error < BETA, 0.5 * error * error / BETA, error - 0.5 * BETA)
    else:
        loss = error
    if SUM:
        tl.store(loss_ptr + tl.program_id(0), tl.sum(tl.where(inside, loss, 0.0), axis=0))
    else:
        tl.store(loss_ptr + offsets, loss, mask=inside)


@triton.jit
def finish_kernel(loss_ptr, y_ptr, parts, divisor, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    total = tl.zeros((BLOCK,), COMPUTE)
    for start in range(0, parts, BLOCK):
        part = start + tl.arange(0, BLOCK)
        total += tl.load(loss_ptr + part, mask=part < parts, other=0)
    tl.store(y_ptr, tl.sum(total, axis=0) / tl.full((), divisor, COMPUTE))


def smooth_l1_loss(input, target, beta=1.0, reduction="mean"):
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"reduction is none, mean or sum, not {reduction!r}")
    if beta < 0:
        raise ValueError("beta is at least 0")
    dtype = torch.promote_types(input.dtype, target.dtype)
    x, target = (each.contiguous() for each in torch.broadcast_tensors(input, target))
    compute, partial = (tl.float64, torch.float64) if dtype == torch.float64 else (tl.float32, torch.float32)
    count = x.numel()
    parts = triton.cdiv(count, 2048)
    result = torch.empty(x.shape if reduction == "none" else (), dtype=dtype, device=x.device)
    loss = result if reduction == "none" else torch.empty(parts, dtype=partial, device=x.device)
    loss_kernel[(parts,)](x, target, loss, count, BETA=beta, SUM=reduction != "none", COMPUTE=compute, BLOCK=2048)
    if reduction != "none":
        divisor = count if reduction == "mean" else 1
        finish_kernel[(1,)](loss, result, parts, divisor, COMPUTE=compute, BLOCK=1024)
    return result
