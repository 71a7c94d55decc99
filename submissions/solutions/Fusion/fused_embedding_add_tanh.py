"""tanh(weight[index] + other) in one pass; with `max_norm`, a first one over each row that is looked up finds its norm.

Rows are scaled on the way, and the matrix stays as it is: the scaled row is never stored. Bound by memory.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.activations import tanh
from _common.flat import wide
from _common.norms import across, gathered, kind, power, root
from _common.places import place, reversed_sizes, reversed_strides


@triton.jit
def embedding_kernel(
    index_ptr, weight_ptr, other_ptr, y_ptr, rows, columns, depth, weight_row, weight_column, y_column, other_column,
    max_norm, sizes, index_strides, other_strides,
    P: tl.constexpr, KIND: tl.constexpr, COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    lane = tl.arange(0, BLOCK_COLUMNS).to(tl.int64)[None, :]
    index = tl.load(index_ptr + place(row, sizes, index_strides), mask=row < rows, other=0).to(tl.int64)
    weight = weight_ptr + index * weight_row
    other = other_ptr + place(row, sizes, other_strides)
    factor = tl.full((BLOCK_ROWS, 1), 1.0, COMPUTE)
    if max_norm is not None:
        total = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), COMPUTE)
        for start in range(0, depth, BLOCK_COLUMNS):
            inside = (row < rows) & (start + lane < depth)
            x = tl.load(weight + (start + lane) * weight_column, mask=inside, other=0).to(COMPUTE)
            total = gathered(total, power(x, P, KIND), KIND)
        norm = root(across(total, KIND), P, KIND)
        factor = tl.where(norm > max_norm, max_norm / (norm + 1e-7), factor)
    for start in range(0, columns, BLOCK_COLUMNS):
        column = start + lane
        inside = (row < rows) & (column < columns)
        x = tl.load(weight + column * y_column, mask=inside, other=0).to(COMPUTE) * factor
        x += tl.load(other + column * other_column, mask=inside, other=0).to(COMPUTE)
        tl.store(y_ptr + row * columns + column, tanh(x), mask=inside)


def fused_embedding_add_tanh(
    input_indices: torch.Tensor,
    weight: torch.Tensor,
    other: torch.Tensor,
    *,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    depth = weight.shape[1]
    shape = torch.broadcast_shapes((*input_indices.shape, depth), other.shape)
    dtype = torch.promote_types(weight.dtype, other.dtype)
    direct = out is not None and out.resize_(shape).is_contiguous() and out.dtype == dtype
    result = out if direct else torch.empty(shape, dtype=dtype, device=weight.device)
    if result.numel():
        *outer, columns = shape
        rows = result.numel() // columns
        index, second = input_indices.expand(outer), other.expand(shape)
        block_columns = min(triton.next_power_of_2(columns), 1024)
        block_rows = max(1, min(triton.next_power_of_2(rows), 1024 // block_columns))
        embedding_kernel[(triton.cdiv(rows, block_rows),)](
            index, weight, second, result, rows, columns, depth, *weight.stride(),
            weight.expand(weight.shape[0], columns).stride(1), second.stride(-1),
            None if max_norm is None else float(max_norm), reversed_sizes(outer), reversed_strides(index),
            second.stride()[-2::-1] or (0,), P=float(norm_type), KIND=kind(norm_type), COMPUTE=wide(weight, result),
            BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
        )  # fmt: skip
    return result if out is None or direct else out.copy_(result)
