"""Distances of vectors in float32, then each divided by the norm of its row of distances. Bound by memory."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.norms import across, gathered, kind, power, root
from _common.rows import blocks, middle


@triton.jit
def distances_kernel(
    a_ptr, b_ptr, y_ptr, rows, columns, a_row, a_column, b_row, b_column, eps,
    P: tl.constexpr, KIND: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    total = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = (start + tl.arange(0, BLOCK_COLUMNS)).to(tl.int64)[None, :]
        inside = (row < rows) & (column < columns)
        a = tl.load(a_ptr + row * a_row + column * a_column, mask=inside, other=0).to(tl.float32)
        b = tl.load(b_ptr + row * b_row + column * b_column, mask=inside, other=0).to(tl.float32)
        total = gathered(total, power(tl.where(inside, a - b + eps, 0.0), P, KIND), KIND)
    tl.store(y_ptr + row, root(across(total, KIND), P, KIND), mask=row < rows)


@triton.jit
def divided_kernel(
    x_ptr, y_ptr, rows, columns, inner, eps,
    P: tl.constexpr, KIND: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    first = (row // inner) * columns * inner + row % inner
    total = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = (start + tl.arange(0, BLOCK_COLUMNS)).to(tl.int64)[None, :]
        inside = (row < rows) & (column < columns)
        total = gathered(total, power(tl.load(x_ptr + first + column * inner, mask=inside, other=0), P, KIND), KIND)
    norm = tl.maximum(root(across(total, KIND), P, KIND), eps)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = (start + tl.arange(0, BLOCK_COLUMNS)).to(tl.int64)[None, :]
        inside = (row < rows) & (column < columns)
        at = first + column * inner
        tl.store(y_ptr + at, tl.load(x_ptr + at, mask=inside, other=0) / norm, mask=inside)


def normalize_pairwise_distance(
    x1: torch.Tensor,
    x2: torch.Tensor,
    p_distance: float = 2.0,
    eps_distance: float = 1e-6,
    keepdim: bool = False,
    p_norm: float = 2,
    dim_norm: int = 1,
    eps_norm: float = 1e-12,
) -> torch.Tensor:
    x1, x2 = torch.broadcast_tensors(x1, x2)
    shape = (*x1.shape[:-1], *((1,) if keepdim else ()))
    a, b = (x.reshape(-1, x.shape[-1]) for x in (x1, x2))
    rows, columns = a.shape
    distances = torch.empty(shape, dtype=torch.float32, device=x1.device)
    result = torch.empty(shape, dtype=x1.dtype, device=x1.device)
    block_columns = min(triton.next_power_of_2(columns), 1024)
    block_rows = max(1, min(triton.next_power_of_2(rows), 1024 // block_columns))
    distances_kernel[(triton.cdiv(rows, block_rows),)](
        a, b, distances, rows, columns, *a.stride(), *b.stride(), float(eps_distance),
        P=float(p_distance), KIND=kind(p_distance), BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
    )  # fmt: skip
    view = middle(distances, [dim_norm % len(shape)])
    rows = view.shape[0] * view.shape[2]
    block_rows, block_columns = blocks(view)
    divided_kernel[(triton.cdiv(rows, block_rows),)](
        distances, result, rows, view.shape[1], view.shape[2], float(eps_norm),
        P=float(p_norm), KIND=kind(p_norm), BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
    )  # fmt: skip
    return result
