"""Symmetric int8 codes with the scale largest / 127: one scale for each row, or one for a whole tensor."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from _common.flat import lanes, packed


@triton.jit
def codes(x, scale):
    """Return x / scale as int8, rounded to nearest and half to even; where the scale is 0, x is 0 too."""
    divisor = tl.where(scale == 0, 1.0, scale) + tl.zeros_like(x)
    # At 1.5 * 2**23 the spacing of float32 is 1: adding and subtracting it rounds half to even.
    return (tl.div_rn(x, divisor) + 12582912.0 - 12582912.0).to(tl.int8)


@triton.jit
def quantise_rows_kernel(
    x_ptr, q_ptr, scale_ptr, rows, columns, stride_row, stride_column,
    BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    lane = tl.arange(0, BLOCK_COLUMNS).to(tl.int64)[None, :]
    largest = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), tl.float32)
    for start in range(0, columns, BLOCK_COLUMNS):
        inside = (row < rows) & (start + lane < columns)
        x = tl.load(x_ptr + row * stride_row + (start + lane) * stride_column, mask=inside, other=0)
        largest = tl.maximum(largest, tl.abs(x.to(tl.float32)))
    scale = tl.max(largest, axis=1, keep_dims=True) / 127.0
    tl.store(scale_ptr + row, scale, mask=row < rows)
    for start in range(0, columns, BLOCK_COLUMNS):
        inside = (row < rows) & (start + lane < columns)
        x = tl.load(x_ptr + row * stride_row + (start + lane) * stride_column, mask=inside, other=0)
        tl.store(q_ptr + row * columns + start + lane, codes(x.to(tl.float32), scale), mask=inside)


def quantised_rows(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rows of a matrix as dense int8, and their scales."""
    rows, columns = x.shape
    q = torch.empty((rows, columns), dtype=torch.int8, device=x.device)
    scale = torch.empty(rows, dtype=torch.float32, device=x.device)
    # Neighbours in memory go to neighbouring lanes: along the row if it is dense, across the rows if not.
    if x.stride(1) == 1:
        block_columns = min(triton.next_power_of_2(max(columns, 1)), 1024)
        block_rows = 1024 // block_columns
    else:
        block_rows, block_columns = 64, 16
    quantise_rows_kernel[(triton.cdiv(rows, block_rows),)](
        x, q, scale, rows, columns, *x.stride(), BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns
    )
    return q, scale


@triton.jit
def largest_kernel(x_ptr, part_ptr, count, BLOCK: tl.constexpr):
    at, _ = lanes(count, BLOCK)
    largest = tl.zeros((BLOCK,), tl.float32)
    step = tl.num_programs(0).to(tl.int64) * BLOCK
    for start in range(0, count, step):
        x = tl.load(x_ptr + start + at, mask=start + at < count, other=0).to(tl.float32)
        largest = tl.maximum(largest, tl.abs(x))
    tl.store(part_ptr + tl.program_id(0), tl.max(largest, axis=0))


@triton.jit
def quantise_kernel(x_ptr, part_ptr, q_ptr, scale_ptr, count, parts, BLOCK: tl.constexpr):
    at, inside = lanes(count, BLOCK)
    part = tl.arange(0, BLOCK)
    scale = tl.max(tl.load(part_ptr + part, mask=part < parts, other=0), axis=0) / 127.0
    if tl.program_id(0) == 0:
        tl.store(scale_ptr, scale)
    tl.store(q_ptr + at, codes(tl.load(x_ptr + at, mask=inside, other=0).to(tl.float32), scale), mask=inside)


def quantised(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a tensor as int8, and its scale; every program of the second pass finds it from the maxima of parts."""
    x = packed(x)
    count = x.numel()
    parts = min(triton.cdiv(count, 1024), 1024)
    part = torch.empty(parts, dtype=torch.float32, device=x.device)
    scale = torch.empty(1, dtype=torch.float32, device=x.device)
    q = torch.empty_like(x, dtype=torch.int8)
    largest_kernel[(parts,)](x, part, count, BLOCK=1024)
    quantise_kernel[(triton.cdiv(count, 1024),)](x, part, q, scale, count, parts, BLOCK=1024)
    return q, scale
