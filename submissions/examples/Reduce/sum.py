"""Sum over any dimensions in wide accumulators; few long rows are split over programs, without atomics."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def sum_kernel(
    x_ptr, y_ptr, rows, columns, inner, stride_outer, stride_column, stride_inner, chunk,
    ACCUMULATOR: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    split = tl.program_id(1).to(tl.int64)
    begin = split * chunk
    end = tl.minimum(begin + chunk, columns)
    x_row = x_ptr + (row // inner) * stride_outer + (row % inner) * stride_inner

    total = tl.zeros((BLOCK_ROWS, BLOCK_COLUMNS), ACCUMULATOR)
    for start in range(begin, end, BLOCK_COLUMNS):
        column = start + tl.arange(0, BLOCK_COLUMNS)
        inside = (row < rows)[:, None] & (column < end)[None, :]
        x = tl.load(x_row[:, None] + column[None, :] * stride_column, mask=inside, other=0)
        total += x.to(ACCUMULATOR)
    tl.store(y_ptr + row * tl.num_programs(1) + split, tl.sum(total, axis=1), mask=row < rows)


def launch(x, result, accumulator, blocks, splits):
    """Sum the middle dimension of x (outer, columns, inner) into `splits` sums a row."""
    rows, columns = x.shape[0] * x.shape[2], x.shape[1]
    sum_kernel[(triton.cdiv(rows, blocks[0]), splits)](
        x, result, rows, columns, x.shape[2], *x.stride(), triton.cdiv(columns, splits),
        ACCUMULATOR=accumulator, BLOCK_ROWS=blocks[0], BLOCK_COLUMNS=blocks[1],
    )  # fmt: skip


def middle(x, dims):
    """View x as (outer, reduced, inner); it is copied only if its strides allow no such view."""
    first, last = (dims[0], dims[-1]) if dims else (0, -1)
    if last - first + 1 > len(dims):
        kept = [axis for axis in range(x.ndim) if axis not in dims]
        x, first, last = x.permute(*kept, *dims), len(kept), x.ndim - 1
    return x.reshape(math.prod(x.shape[:first]), math.prod(x.shape[first : last + 1]), math.prod(x.shape[last + 1 :]))


def sum(input, dim, keepdim=False, dtype=None):
    given = (dim,) if isinstance(dim, int) else dim
    dims = sorted(axis % input.ndim for axis in given or range(input.ndim)) if input.ndim else []
    shape = [1 if axis in dims else size for axis, size in enumerate(input.shape) if keepdim or axis not in dims]
    if dtype is None:
        dtype = input.dtype if input.is_floating_point() else torch.int64
    result = torch.empty(shape, dtype=dtype, device=input.device)
    if result.numel() == 0:
        return result
    wide = torch.float64 if dtype == torch.float64 else torch.float32 if dtype.is_floating_point else torch.int64
    accumulator = {torch.float64: tl.float64, torch.float32: tl.float32, torch.int64: tl.int64}[wide]
    x = middle(input, dims)
    rows, columns = result.numel(), x.shape[1]
    # Neighbours in memory go to neighbouring lanes: along the row if it is dense, across the rows if not.
    if x.stride(1) == 1:
        block_columns = min(triton.next_power_of_2(max(columns, 1)), 1024)
        block_rows = min(triton.next_power_of_2(rows), 1024 // block_columns)
    else:
        block_rows = min(triton.next_power_of_2(rows), 64)
        block_columns = min(triton.next_power_of_2(max(columns, 1)), 32)
    splits = max(1, min(triton.cdiv(columns, 2048), 1024 // triton.cdiv(rows, block_rows)))
    if splits > 1:
        partial = torch.empty((rows, splits, 1), dtype=wide, device=input.device)
        launch(x, partial, accumulator, (block_rows, block_columns), splits)
        x, block_columns = partial, triton.next_power_of_2(splits)
        block_rows = max(1, 1024 // block_columns)
    launch(x, result, accumulator, (block_rows, block_columns), 1)
    return result
