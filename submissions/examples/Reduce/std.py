"""Standard deviation in one read: corrected two-pass moments inside a tile, merged from tile to tile as (mean, m2)."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def moments_kernel(
    x_ptr, mean_ptr, m2_ptr, rows, columns, inner, stride_outer, stride_column, stride_inner, chunk,
    COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    split = tl.program_id(1).to(tl.int64)
    begin = split * chunk
    end = tl.minimum(begin + chunk, columns)
    x_row = x_ptr + (row // inner) * stride_outer + (row % inner) * stride_inner

    mean = tl.zeros((BLOCK_ROWS,), COMPUTE)
    m2 = tl.zeros((BLOCK_ROWS,), COMPUTE)
    for start in range(begin, end, BLOCK_COLUMNS):
        column = start + tl.arange(0, BLOCK_COLUMNS)
        inside = (row < rows)[:, None] & (column < end)[None, :]
        x = tl.load(x_row[:, None] + column[None, :] * stride_column, mask=inside, other=0).to(COMPUTE)
        count = tl.minimum(end - start, BLOCK_COLUMNS).to(COMPUTE)
        tile_mean = tl.sum(x, axis=1) / count
        deviation = tl.where(inside, x - tile_mean[:, None], 0.0)
        # The deviations from an exact mean sum to 0; what they do sum to corrects the rounding of tile_mean.
        slack = tl.sum(deviation, axis=1)
        tile_m2 = tl.sum(deviation * deviation, axis=1) - slack * (slack / count)
        seen = (start - begin).to(COMPUTE)
        step = tile_mean + slack / count - mean
        mean += step * (count / (seen + count))
        m2 += tile_m2 + step * step * (seen * (count / (seen + count)))
    target = row * tl.num_programs(1) + split
    tl.store(mean_ptr + target, mean, mask=row < rows)
    tl.store(m2_ptr + target, m2, mask=row < rows)


@triton.jit
def finish_kernel(
    mean_ptr, m2_ptr, y_ptr, rows, columns, chunk, splits,
    CORRECTION: tl.constexpr, COMPUTE: tl.constexpr, BLOCK_ROWS: tl.constexpr, BLOCK_SPLITS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    split = tl.arange(0, BLOCK_SPLITS).to(tl.int64)
    inside = (row < rows)[:, None] & (split < splits)[None, :]
    mean = tl.load(mean_ptr + row[:, None] * splits + split[None, :], mask=inside, other=0)
    m2 = tl.load(m2_ptr + row[:, None] * splits + split[None, :], mask=inside, other=0)
    count = tl.minimum(tl.maximum(columns - split * chunk, 0), chunk).to(COMPUTE)[None, :]
    size = tl.full((BLOCK_ROWS,), columns, COMPUTE)
    step = tl.where(inside, mean - (tl.sum(mean * count, axis=1) / size)[:, None], 0.0)
    slack = tl.sum(step * count, axis=1)
    m2 = tl.sum(m2 + step * step * count, axis=1) - slack * (slack / size)
    divisor = size - CORRECTION
    # Comparisons instead of maximum, which would turn NaN into 0 on a GPU.
    variance = tl.where(m2 < 0, 0.0, m2) / tl.where(divisor < 0, 0.0, divisor)
    tl.store(y_ptr + row, tl.sqrt(variance), mask=row < rows)


def middle(x, dims):
    """View x as (outer, reduced, inner); it is copied only if its strides allow no such view."""
    first, last = (dims[0], dims[-1]) if dims else (0, -1)
    if last - first + 1 > len(dims):
        kept = [axis for axis in range(x.ndim) if axis not in dims]
        x, first, last = x.permute(*kept, *dims), len(kept), x.ndim - 1
    return x.reshape(math.prod(x.shape[:first]), math.prod(x.shape[first : last + 1]), math.prod(x.shape[last + 1 :]))


def std(input, dim=None, correction=1, keepdim=False, out=None):
    given = (dim,) if isinstance(dim, int) else dim
    dims = sorted(axis % input.ndim for axis in given or range(input.ndim)) if input.ndim else []
    shape = [1 if axis in dims else size for axis, size in enumerate(input.shape) if keepdim or axis not in dims]
    x = middle(input, dims)
    outer, columns, inner = x.shape
    rows = outer * inner
    direct = out is not None and out.resize_(shape).is_contiguous()
    result = out if direct else torch.empty(shape, dtype=input.dtype, device=input.device)
    if rows == 0:
        return result if out is None else out

    # Neighbours in memory go to neighbouring lanes: along the row if it is dense, across the rows if not.
    if x.stride(1) == 1:
        block_columns = min(triton.next_power_of_2(max(columns, 1)), 1024)
        block_rows = min(triton.next_power_of_2(rows), 1024 // block_columns)
    else:
        block_rows = min(triton.next_power_of_2(rows), 64)
        block_columns = min(triton.next_power_of_2(max(columns, 1)), 32)
    splits = max(1, min(triton.cdiv(columns, 2048), 1024 // triton.cdiv(rows, block_rows)))
    chunk = triton.cdiv(columns, splits)
    compute, dtype = (tl.float64, torch.float64) if x.dtype == torch.float64 else (tl.float32, torch.float32)
    mean, m2 = torch.empty((2, rows, splits), dtype=dtype, device=x.device)
    moments_kernel[(triton.cdiv(rows, block_rows), splits)](
        x, mean, m2, rows, columns, inner, *x.stride(), chunk,
        COMPUTE=compute, BLOCK_ROWS=block_rows, BLOCK_COLUMNS=block_columns,
    )  # fmt: skip
    block_splits = triton.next_power_of_2(splits)
    block_rows = max(1, 512 // block_splits)
    finish_kernel[(triton.cdiv(rows, block_rows),)](
        mean, m2, result, rows, columns, chunk, splits,
        CORRECTION=correction, COMPUTE=compute, BLOCK_ROWS=block_rows, BLOCK_SPLITS=block_splits,
    )  # fmt: skip
    return result if out is None or direct else out.copy_(result)
