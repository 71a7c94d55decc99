"""Distances of normalised rows: one pass for both norms of a row, one for the distance. Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.norms import across, gathered, kind, power, root


@triton.jit
def distance_kernel(
    a_ptr, b_ptr, y_ptr, rows, columns, a_row, a_column, b_row, b_column, eps_norm, eps_distance,
    P: tl.constexpr, KIND: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    lane = tl.arange(0, BLOCK_COLUMNS).to(tl.int64)[None, :]
    first = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    second = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = start + lane
        inside = (row < rows) & (column < columns)
        a = tl.load(a_ptr + row * a_row + column * a_column, mask=inside, other=0).to(tl.float32)
        b = tl.load(b_ptr + row * b_row + column * b_column, mask=inside, other=0).to(tl.float32)
        first, second = gathered(first, power(a, P, KIND), KIND), gathered(second, power(b, P, KIND), KIND)
    first, second = root(across(first, KIND), P, KIND), root(across(second, KIND), P, KIND)
    # Comparisons instead of maximum, which would turn NaN into eps on a GPU.
    first, second = tl.where(first < eps_norm, eps_norm, first), tl.where(second < eps_norm, eps_norm, second)
    total = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = start + lane
        inside = (row < rows) & (column < columns)
        a = tl.load(a_ptr + row * a_row + column * a_column, mask=inside, other=0).to(tl.float32)
        b = tl.load(b_ptr + row * b_row + column * b_column, mask=inside, other=0).to(tl.float32)
        difference = tl.where(inside, a / first - b / second + eps_distance, 0.0)
        total += difference * difference
    tl.store(y_ptr + row, tl.sqrt(tl.sum(total, axis=1, keep_dims=True)), mask=row < rows)


def fused_pairwise_distance_normalize(
    x1: torch.Tensor,
    x2: torch.Tensor,
    p_norm: float = 2.0,
    eps_norm: float = 1e-12,
    eps_distance: float = 1e-6,
    keepdim: bool = False,
) -> torch.Tensor:
    x1, x2 = torch.broadcast_tensors(x1, x2)
    rows, columns = x1.shape
    result = torch.empty((rows, 1) if keepdim else (rows,), dtype=x1.dtype, device=x1.device)
    block_columns = min(triton.next_power_of_2(columns), 1024)
    block_rows = max(1, min(triton.next_power_of_2(rows), 1024 // block_columns))
    if rows:
        distance_kernel[(triton.cdiv(rows, block_rows),)](
            x1, x2, result, rows, columns, *x1.stride(), *x2.stride(), float(eps_norm), float(eps_distance),
            P=float(p_norm), KIND=kind(p_norm), BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
        )  # fmt: skip
    return result
