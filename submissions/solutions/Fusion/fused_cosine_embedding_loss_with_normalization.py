"""Cosine embedding loss of normalised vectors: both norms and the product from one read of each row. Bound by memory.

The cosine of normalised vectors is that of the vectors. Sums of blocks are added by a last program.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.losses import added_kernel


@triton.jit
def loss_kernel(
    a_ptr, b_ptr, target_ptr, y_ptr, rows, columns, a_row, a_column, b_row, b_column, margin,
    SUM: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    lane = tl.arange(0, BLOCK_COLUMNS).to(tl.int64)[None, :]
    products = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    a_squares = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    b_squares = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = start + lane
        inside = (row < rows) & (column < columns)
        a = tl.load(a_ptr + row * a_row + column * a_column, mask=inside, other=0).to(tl.float32)
        b = tl.load(b_ptr + row * b_row + column * b_column, mask=inside, other=0).to(tl.float32)
        products += a * b
        a_squares += a * a
        b_squares += b * b
    a_length = tl.maximum(tl.sqrt(tl.sum(a_squares, axis=1, keep_dims=True)), 1e-12)
    b_length = tl.maximum(tl.sqrt(tl.sum(b_squares, axis=1, keep_dims=True)), 1e-12)
    cosine = tl.sum(products, axis=1, keep_dims=True) / a_length / b_length
    target = tl.load(target_ptr + row, mask=row < rows, other=1)
    apart = tl.where(cosine > margin, cosine - margin, 0.0)
    loss = tl.where(row < rows, tl.where(target == 1, 1.0 - cosine, apart), 0.0)
    if SUM:
        tl.store(y_ptr + tl.program_id(0), tl.sum(tl.sum(loss, axis=1), axis=0))
    else:
        tl.store(y_ptr + row, loss, mask=row < rows)


def fused_cosine_embedding_loss_with_normalization(
    input1: torch.Tensor,
    input2: torch.Tensor,
    target: torch.Tensor,
    margin: float = 0,
    reduction: str = "mean",
) -> torch.Tensor:
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"reduction is none, mean or sum, not {reduction!r}")
    rows, columns = input1.shape
    summed = reduction != "none"
    block_columns = min(triton.next_power_of_2(columns), 1024)
    block_rows = max(1, min(triton.next_power_of_2(rows), 1024 // block_columns))
    parts = triton.cdiv(rows, block_rows)
    result = torch.empty(() if summed else (rows,), dtype=input1.dtype, device=input1.device)
    losses = torch.empty(parts, dtype=torch.float32, device=input1.device) if summed else result
    loss_kernel[(parts,)](
        input1, input2, target.contiguous(), losses, rows, columns, *input1.stride(), *input2.stride(),
        float(margin), SUM=summed, BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
    )  # fmt: skip
    if summed:
        divisor = float(rows if reduction == "mean" else 1)
        added_kernel[(1,)](losses, result, parts, divisor, COMPUTE=tl.float32, BLOCK=1024)
    return result
