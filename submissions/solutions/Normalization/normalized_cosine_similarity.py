"""Cosine of vectors that are normalised first: one pass for the norms of both, one for products. Bound by memory.

The lengths of the normalised vectors are summed in the second pass too, since other norms than the Euclidean one do
not make them 1.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.norms import across, gathered, kind, power, root
from _common.rows import blocks, middle


@triton.jit
def cosine_kernel(
    a_ptr, b_ptr, y_ptr, rows, columns, inner, a_strides, b_strides, eps_norm, eps,
    P: tl.constexpr, KIND: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    lane = tl.arange(0, BLOCK_COLUMNS).to(tl.int64)[None, :]
    a_row = a_ptr + (row // inner) * a_strides[0] + (row % inner) * a_strides[2]
    b_row = b_ptr + (row // inner) * b_strides[0] + (row % inner) * b_strides[2]
    first = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    second = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = start + lane
        inside = (row < rows) & (column < columns)
        a = tl.load(a_row + column * a_strides[1], mask=inside, other=0).to(tl.float32)
        b = tl.load(b_row + column * b_strides[1], mask=inside, other=0).to(tl.float32)
        first, second = gathered(first, power(a, P, KIND), KIND), gathered(second, power(b, P, KIND), KIND)
    first, second = root(across(first, KIND), P, KIND), root(across(second, KIND), P, KIND)
    first, second = tl.maximum(first, eps_norm), tl.maximum(second, eps_norm)
    products = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    a_squares = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    b_squares = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = start + lane
        inside = (row < rows) & (column < columns)
        a = tl.load(a_row + column * a_strides[1], mask=inside, other=0).to(tl.float32) / first
        b = tl.load(b_row + column * b_strides[1], mask=inside, other=0).to(tl.float32) / second
        products += a * b
        a_squares += a * a
        b_squares += b * b
    a_length = tl.maximum(tl.sqrt(tl.sum(a_squares, axis=1, keep_dims=True)), eps)
    b_length = tl.maximum(tl.sqrt(tl.sum(b_squares, axis=1, keep_dims=True)), eps)
    y = tl.sum(products, axis=1, keep_dims=True) / a_length / b_length
    tl.store(y_ptr + row, y, mask=row < rows)


def normalized_cosine_similarity(
    x1: torch.Tensor,
    x2: torch.Tensor,
    dim: int = 1,
    eps_similarity: float = 1e-8,
    p_norm: float = 2,
    eps_norm: float = 1e-12,
) -> torch.Tensor:
    x1, x2 = torch.broadcast_tensors(x1, x2)
    dim = dim % x1.ndim
    a, b = middle(x1, [dim]), middle(x2, [dim])
    shape = [size for axis, size in enumerate(x1.shape) if axis != dim]
    result = torch.empty(shape, dtype=x1.dtype, device=x1.device)
    rows, columns, inner = a.shape[0] * a.shape[2], *a.shape[1:]
    block_rows, block_columns = blocks(a)
    if rows:
        cosine_kernel[(triton.cdiv(rows, block_rows),)](
            a, b, result, rows, columns, inner, a.stride(), b.stride(), float(eps_norm), float(eps_similarity),
            P=float(p_norm), KIND=kind(p_norm), BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
        )  # fmt: skip
    return result
