"""Losses of elements, and their sums: sums of blocks are written side by side and added by a last program."""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

from _common.flat import lanes


@triton.jit
def losses_kernel(
    x_ptr, target_ptr, weight_ptr, loss_ptr, count,
    FUNCTION: tl.constexpr, SUM: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    at, inside = lanes(count, BLOCK)
    x = tl.load(x_ptr + at, mask=inside, other=0).to(COMPUTE)
    target = tl.load(target_ptr + at, mask=inside, other=0).to(COMPUTE)
    loss = FUNCTION(x, target)
    if weight_ptr is not None:
        loss *= tl.load(weight_ptr + at, mask=inside, other=0).to(COMPUTE)
    if SUM:
        tl.store(loss_ptr + tl.program_id(0), tl.sum(tl.where(inside, loss, 0.0), axis=0))
    else:
        tl.store(loss_ptr + at, loss, mask=inside)


@triton.jit
def added_kernel(part_ptr, y_ptr, parts, divisor, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    total = tl.zeros((BLOCK,), COMPUTE)
    for start in range(0, parts, BLOCK):
        part = start + tl.arange(0, BLOCK)
        total += tl.load(part_ptr + part, mask=part < parts, other=0)
    tl.store(y_ptr, tl.sum(total, axis=0) / divisor)


def reduced(
    function: Any,
    input: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None = None,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return `function(input, target) * weight` of each element, or the sum, the mean, or the sum by the first size."""
    if reduction not in ("none", "mean", "sum", "batchmean"):
        raise ValueError(f"reduction is none, mean, sum or batchmean, not {reduction!r}")
    dtype = torch.promote_types(input.dtype, target.dtype)
    given = (input, target) if weight is None else (input, target, weight)
    x, target, *rest = (each.contiguous() for each in torch.broadcast_tensors(*given))
    compute, partial = (tl.float64, torch.float64) if dtype == torch.float64 else (tl.float32, torch.float32)
    count = x.numel()
    parts = triton.cdiv(count, 2048)
    summed = reduction != "none"
    result = torch.empty(() if summed else x.shape, dtype=dtype, device=x.device)
    loss = torch.empty(parts, dtype=partial, device=x.device) if summed else result
    if count:
        losses_kernel[(parts,)](
            x, target, rest[0] if rest else None, loss, count,
            FUNCTION=function, SUM=summed, COMPUTE=compute, BLOCK=2048,
        )  # fmt: skip
    if summed:
        divisor = {"mean": count, "sum": 1, "batchmean": x.shape[0] if x.ndim else 1}[reduction]
        added_kernel[(1,)](loss, result, parts, float(divisor), COMPUTE=compute, BLOCK=1024)
    return result
