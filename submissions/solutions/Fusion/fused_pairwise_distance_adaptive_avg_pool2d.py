"""p-norm of averages of x1 - x2, which are those of the pooled difference: neither pooled image is stored.

Few averages are left of many pixels, so that the norm, in a second kernel, costs little. Bound by memory.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from _common.adaptive import adaptive_averages
from _common.norms import across, gathered, kind, power, root


@triton.jit
def norm_kernel(
    x_ptr, y_ptr, rows, columns, eps,
    P: tl.constexpr, KIND: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    total = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = start + tl.arange(0, BLOCK_COLUMNS)[None, :]
        x = tl.load(x_ptr + row * columns + column, mask=(row < rows) & (column < columns), other=0)
        total = gathered(total, power(x, P, KIND), KIND)
    tl.store(y_ptr + row, root(across(total, KIND), P, KIND) + eps, mask=row < rows)


def fused_pairwise_distance_adaptive_avg_pool2d(
    x1: torch.Tensor, x2: torch.Tensor, output_size: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> torch.Tensor:
    x1, x2 = torch.broadcast_tensors(x1, x2)
    difference = adaptive_averages(x1, output_size, other=x2, dtype=torch.float32)
    rows = x1.shape[0]
    result = torch.empty((rows, 1, 1, 1) if keepdim else (rows,), dtype=x1.dtype, device=x1.device)
    columns = difference.numel() // max(rows, 1)
    if rows:
        block_columns = min(triton.next_power_of_2(max(columns, 1)), 1024)
        block_rows = max(1, min(triton.next_power_of_2(rows), 1024 // block_columns))
        norm_kernel[(triton.cdiv(rows, block_rows),)](
            difference, result, rows, columns, float(eps), P=float(p), KIND=kind(p),
            BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
        )  # fmt: skip
    return result
