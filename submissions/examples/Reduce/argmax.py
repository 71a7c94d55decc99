"""Argmax that keeps, for each row, the first place of the greatest value and the first place of a NaN, which wins."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def argmax_kernel(
    x_ptr, y_ptr, candidate_ptr, rows, columns, inner, stride_outer, stride_column, stride_inner, chunk,
    LOWEST: tl.constexpr, COMPUTE: tl.constexpr, GATHER: tl.constexpr,
    BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)[:, None]
    split = tl.program_id(1).to(tl.int64)
    begin = split * chunk
    end = tl.minimum(begin + chunk, columns)
    x_row = x_ptr + (row // inner) * stride_outer + (row % inner) * stride_inner

    never = tl.full((BLOCK_ROWS, 1), 2**62, tl.int64)
    best = tl.full((BLOCK_ROWS, 1), LOWEST, COMPUTE)
    best_place, nan_place = never, never
    for start in range(begin, end, BLOCK_COLUMNS):
        column = start + tl.arange(0, BLOCK_COLUMNS)[None, :]
        inside = (row < rows) & (column < end)
        if GATHER:
            place = tl.load(candidate_ptr + row * columns + column, mask=inside, other=0)
        else:
            place = column + tl.zeros_like(row)
        x = tl.load(x_row + place * stride_column, mask=inside, other=LOWEST).to(COMPUTE)
        is_nan = x != x
        nan_place = tl.minimum(nan_place, tl.min(tl.where(is_nan, place, never), axis=1, keep_dims=True))
        x = tl.where(is_nan, LOWEST, x)
        top = tl.max(x, axis=1, keep_dims=True)
        top_place = tl.min(tl.where(inside & (x == top), place, never), axis=1, keep_dims=True)
        better = (top > best) | (best_place == never)
        best, best_place = tl.where(better, top, best), tl.where(better, top_place, best_place)
    y = tl.where(nan_place < never, nan_place, best_place)
    tl.store(y_ptr + row * tl.num_programs(1) + split, y, mask=row < rows)


def argmax(input_tensor, dim, keepdim=False):
    x = input_tensor
    if dim is None:
        outer, columns, inner = 1, x.numel(), 1
        shape = [1] * x.ndim if keepdim else []
    else:
        dim = dim % max(1, x.ndim)
        before, row, after = x.shape[:dim], x.shape[dim : dim + 1], x.shape[dim + 1 :]
        outer, columns, inner = math.prod(before), math.prod(row), math.prod(after)
        shape = [*before, *([1] if keepdim and x.ndim else []), *after]
    if columns == 0:
        raise IndexError("argmax: the reduced dimension has no elements")
    x = x.reshape(outer, columns, inner)  # a view wherever the strides allow one
    rows = outer * inner
    result = torch.empty(shape, dtype=torch.int64, device=x.device)
    if rows == 0:
        return result

    floating = x.is_floating_point()
    lowest = float("-inf") if floating else torch.iinfo(x.dtype).min
    compute = tl.int64 if not floating else tl.float64 if x.dtype == torch.float64 else tl.float32
    # Neighbours in memory go to neighbouring lanes: along the row if it is dense, across the rows if not.
    if x.stride(1) == 1:
        block_columns = min(triton.next_power_of_2(columns), 1024)
        block_rows = min(triton.next_power_of_2(rows), 1024 // block_columns)
    else:
        block_rows = min(triton.next_power_of_2(rows), 64)
        block_columns = min(triton.next_power_of_2(columns), 32)

    def launch(y, candidates, columns, splits):
        argmax_kernel[(triton.cdiv(rows, block_rows), splits)](
            x, y, candidates, rows, columns, inner, *x.stride(), triton.cdiv(columns, splits),
            LOWEST=lowest, COMPUTE=compute, GATHER=candidates is not None,
            BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
        )  # fmt: skip

    splits = max(1, min(triton.cdiv(columns, 2048), 1024 // triton.cdiv(rows, block_rows)))
    if splits == 1:
        launch(result, None, columns, 1)
    else:  # few long rows: one candidate from each part of a row, then the best of the candidates
        candidates = torch.empty((rows, splits), dtype=torch.int64, device=x.device)
        launch(candidates, None, columns, splits)
        launch(result, candidates, splits, 1)
    return result
