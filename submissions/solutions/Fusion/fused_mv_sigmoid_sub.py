"""sigmoid(input @ vec) - alpha * other: a program sums some rows and ends with the epilogue. Bound by memory."""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from _common.activations import sigmoid


@triton.jit
def mv_sigmoid_sub_kernel(
    x_ptr, vec_ptr, other_ptr, y_ptr, rows, columns, x_row, x_column, vec_stride, other_stride, number, alpha,
    BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    lane = tl.arange(0, BLOCK_COLUMNS).to(tl.int64)[None, :]
    total = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = start + lane
        x = tl.load(x_ptr + row * x_row + column * x_column, mask=(row < rows) & (column < columns), other=0)
        vec = tl.load(vec_ptr + column * vec_stride, mask=column < columns, other=0)
        total += x.to(tl.float32) * vec.to(tl.float32)
    y = sigmoid(tl.sum(total, axis=1, keep_dims=True))
    if other_ptr is not None:
        y -= alpha * tl.load(other_ptr + row * other_stride, mask=row < rows, other=0).to(tl.float32)
    else:
        y -= number
    tl.store(y_ptr + row, y, mask=row < rows)


def fused_mv_sigmoid_sub(
    input: torch.Tensor, vec: torch.Tensor, other: Any, alpha: float = 1, *, out: torch.Tensor | None = None
) -> torch.Tensor:
    rows, columns = input.shape
    tensor = torch.is_tensor(other)
    added = other.expand(rows) if tensor else None
    result = torch.empty(rows, dtype=input.dtype, device=input.device)
    block_columns = min(triton.next_power_of_2(columns), 1024)
    block_rows = max(1, min(triton.next_power_of_2(rows), 1024 // block_columns))
    mv_sigmoid_sub_kernel[(triton.cdiv(rows, block_rows),)](
        input, vec, added, result, rows, columns, *input.stride(), vec.stride(0),
        added.stride(0) if tensor else 0, 0.0 if tensor else float(alpha * other), float(alpha),
        BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
    )  # fmt: skip
    return result if out is None else out.resize_(result.shape).copy_(result)
