"""Cross entropy of logits along dimension 1 with target classes or with probabilities of all classes.

The first pass over a row finds log(sum(exp(x))) online; the second adds up weighted distances from it, and only runs
where targets are probabilities or smoothed. Sums of blocks are written side by side and added by a last program.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl


@triton.jit
def class_losses_kernel(
    x_ptr, target_ptr, weight_ptr, loss_ptr, scale_ptr, samples, classes, space, x_strides, target_strides,
    ignore_index, kept, spread, PROBABLE: tl.constexpr, SMOOTH: tl.constexpr, SUM: tl.constexpr,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    lane = tl.arange(0, BLOCK_COLUMNS).to(tl.int64)[None, :]
    exists = row < samples
    x_row = x_ptr + (row // space) * x_strides[0] + (row % space) * x_strides[2]
    target_row = target_ptr + (row // space) * target_strides[0] + (row % space) * target_strides[2]
    peak = tl.full((BLOCK_ROWS, 1), float("-inf"), COMPUTE)
    total = tl.zeros((BLOCK_ROWS, 1), COMPUTE)
    for start in range(0, classes, BLOCK_COLUMNS):
        column = start + lane
        inside = exists & (column < classes)
        x = tl.load(x_row + column * x_strides[1], mask=inside, other=float("-inf")).to(COMPUTE)
        higher = tl.maximum(peak, tl.max(x, axis=1, keep_dims=True))
        # While a row has shown nothing but -inf, exp(x - peak) would be NaN; any finite shift makes it 0.
        shift = tl.where(higher == float("-inf"), 0.0, higher)
        total = total * tl.exp(peak - shift) + tl.sum(tl.exp(x - shift), axis=1, keep_dims=True)
        peak = higher
    rest = tl.log(tl.where(exists, total, 1.0))
    peak = tl.where(exists, peak, 0.0)

    loss = tl.zeros((BLOCK_ROWS, 1), COMPUTE)
    counts = exists
    scale = tl.full((BLOCK_ROWS, 1), 1.0, COMPUTE)
    if PROBABLE == 0:
        target = tl.load(target_row, mask=exists, other=ignore_index)
        # An ignored target need not be a class: nothing may be read at it.
        counts = exists & (target != ignore_index) & (target >= 0) & (target < classes)
        if weight_ptr is not None:
            scale = tl.load(weight_ptr + target, mask=counts, other=0).to(COMPUTE)
        chosen = tl.load(x_row + target * x_strides[1], mask=counts, other=0).to(COMPUTE)
        loss = kept * scale * ((peak - chosen) + rest)
    if PROBABLE or SMOOTH:
        for start in range(0, classes, BLOCK_COLUMNS):
            column = start + lane
            inside = exists & (column < classes)
            x = tl.load(x_row + column * x_strides[1], mask=inside, other=0).to(COMPUTE)
            share = tl.full((BLOCK_ROWS, BLOCK_COLUMNS), spread, COMPUTE)
            if PROBABLE:
                share += kept * tl.load(target_row + column * target_strides[1], mask=inside, other=0).to(COMPUTE)
            if weight_ptr is not None:
                share *= tl.load(weight_ptr + column, mask=column < classes, other=0).to(COMPUTE)
            loss += tl.sum(tl.where(inside, share * ((peak - x) + rest), 0.0), axis=1, keep_dims=True)
    loss = tl.where(counts, loss, 0.0)
    if SUM:
        tl.store(loss_ptr + tl.program_id(0), tl.sum(tl.sum(loss, axis=1), axis=0))
        tl.store(scale_ptr + tl.program_id(0), tl.sum(tl.sum(tl.where(counts, scale, 0.0), axis=1), axis=0))
    else:
        tl.store(loss_ptr + row, loss, mask=exists)


@triton.jit
def finish_kernel(loss_ptr, scale_ptr, y_ptr, parts, MEAN: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr):
    loss = tl.zeros((BLOCK,), COMPUTE)
    scale = tl.zeros((BLOCK,), COMPUTE)
    for start in range(0, parts, BLOCK):
        part = start + tl.arange(0, BLOCK)
        loss += tl.load(loss_ptr + part, mask=part < parts, other=0)
        scale += tl.load(scale_ptr + part, mask=part < parts, other=0)
    y = tl.sum(loss, axis=0)
    if MEAN:
        y = y / tl.sum(scale, axis=0)
    tl.store(y_ptr, y)


def class_losses(
    logits: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    smoothing: float = 0.0,
) -> torch.Tensor:
    """Return the cross entropy of each sample, their sum, or their mean weighted by the classes' weights."""
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"reduction is none, mean or sum, not {reduction!r}")
    n, classes = logits.shape[:2]
    space = math.prod(logits.shape[2:])
    x = logits.reshape(n, classes, space)  # a view wherever the strides allow one
    probable = target.is_floating_point()
    where = target.reshape(n, classes, space) if probable else target.reshape(n, 1, space)
    samples = n * space
    compute, dtype = (tl.float64, torch.float64) if x.dtype == torch.float64 else (tl.float32, torch.float32)
    summed = reduction != "none"
    # Neighbours in memory go to neighbouring lanes: along the classes if they are dense, across the samples if not.
    if x.stride(1) == 1:
        block_columns = min(triton.next_power_of_2(classes), 1024)
        block_rows = max(1, min(triton.next_power_of_2(samples), 1024 // block_columns))
    else:
        block_rows, block_columns = min(triton.next_power_of_2(samples), 64), min(triton.next_power_of_2(classes), 16)
    parts = triton.cdiv(samples, block_rows)
    result = torch.empty(() if summed else (n, *logits.shape[2:]), dtype=logits.dtype, device=logits.device)
    loss, scale = torch.empty((2, parts), dtype=dtype, device=logits.device) if summed else (result, None)
    class_losses_kernel[(parts,)](
        x, where, None if weight is None else weight.contiguous(), loss, scale, samples, classes, space,
        x.stride(), where.stride(), ignore_index, float(1 - smoothing), float(smoothing / classes),
        PROBABLE=probable, SMOOTH=smoothing > 0, SUM=summed, COMPUTE=compute,
        BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
    )  # fmt: skip
    if summed:
        finish_kernel[(1,)](loss, scale, result, parts, MEAN=reduction == "mean", COMPUTE=compute, BLOCK=1024)
    return result
