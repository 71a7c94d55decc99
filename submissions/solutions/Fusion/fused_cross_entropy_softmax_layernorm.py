"""Cross entropy of logits, and layer norm of their softmax in three reads of each row. Bound by memory.

The statistics of a row cannot be known before its softmax is, so passes follow each other. Deviations are taken from
the mean of n probabilities, 1 / n, whose rounding a second sum corrects. Where other dimensions are normalised than
that of the softmax, this is kept in float32 between the two steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import triton
import triton.language as tl
from _common.classes import class_losses
from _common.normalisation import normalised, statistics
from _common.softmax import softmax


@triton.jit
def rows_kernel(
    x_ptr, y_ptr, rows, columns, stride_row, stride_column, eps, BLOCK_ROWS: tl.constexpr, BLOCK: tl.constexpr
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    lane = tl.arange(0, BLOCK).to(tl.int64)[None, :]
    x_row = x_ptr + row * stride_row
    peak = tl.full((BLOCK_ROWS, 1), float("-inf"), tl.float32)
    total = tl.zeros((BLOCK_ROWS, 1), tl.float32)
    for start in range(0, columns, BLOCK):
        at = start + lane
        inside = (row < rows) & (at < columns)
        x = tl.load(x_row + at * stride_column, mask=inside, other=float("-inf")).to(tl.float32)
        higher = tl.maximum(peak, tl.max(x, axis=1, keep_dims=True))
        # While a row has shown nothing but -inf, exp(x - peak) would be NaN; any finite shift makes it 0.
        shift = tl.where(higher == float("-inf"), 0.0, higher)
        total = total * tl.exp(peak - shift) + tl.sum(tl.exp(x - shift), axis=1, keep_dims=True)
        peak = higher
    shift = tl.where(peak == float("-inf"), 0.0, peak)
    rest = tl.zeros((BLOCK_ROWS, 1), tl.float32)
    squares = tl.zeros((BLOCK_ROWS, 1), tl.float32)
    for start in range(0, columns, BLOCK):
        at = start + lane
        inside = (row < rows) & (at < columns)
        x = tl.load(x_row + at * stride_column, mask=inside, other=0).to(tl.float32)
        deviation = tl.where(inside, tl.exp(x - shift) / total - 1.0 / columns, 0.0)
        rest += tl.sum(deviation, axis=1, keep_dims=True)
        squares += tl.sum(deviation * deviation, axis=1, keep_dims=True)
    rest /= columns
    factor = 1.0 / tl.sqrt(tl.maximum(squares / columns - rest * rest, 0.0) + eps)
    for start in range(0, columns, BLOCK):
        at = start + lane
        inside = (row < rows) & (at < columns)
        x = tl.load(x_row + at * stride_column, mask=inside, other=0).to(tl.float32)
        deviation = tl.exp(x - shift) / total - 1.0 / columns - rest
        tl.store(y_ptr + row * columns + at, deviation * factor, mask=inside)


def fused_cross_entropy_softmax_layernorm(
    logits: torch.Tensor,
    targets: torch.Tensor,
    normalized_shape: int | Sequence[int],
    weight: torch.Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    eps: float = 1e-5,
    *,
    out: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    loss = class_losses(logits, targets, weight, ignore_index, reduction, label_smoothing)
    columns = normalized_shape if isinstance(normalized_shape, int) else math.prod(normalized_shape)
    if logits.ndim == 2:
        result = torch.empty(logits.shape, dtype=logits.dtype, device=logits.device)
        block = min(triton.next_power_of_2(columns), 1024)
        block_rows = 1024 // block
        rows_kernel[(triton.cdiv(len(logits), block_rows),)](
            logits, result, len(logits), columns, *logits.stride(), float(eps), BLOCK_ROWS=block_rows, BLOCK=block
        )
    else:
        rows = softmax(logits, 1, torch.float32).view(1, -1, columns)
        result = normalised(rows, *statistics(rows), eps=eps, dtype=logits.dtype).view(logits.shape)
    return loss, result if out is None else out.resize_(result.shape).copy_(result)
