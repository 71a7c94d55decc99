"""Adds up chunks of rows in a workspace, and the chunks in a second launch."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def part_kernel(x_ptr, parts_ptr, rows, columns, splits, CHUNK: tl.constexpr, BLOCK: tl.constexpr):
    row = (tl.program_id(0) // splits).to(tl.int64)
    split = tl.program_id(0) % splits
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, CHUNK, BLOCK):
        column = split * CHUNK + start + tl.arange(0, BLOCK)
        total += tl.load(x_ptr + row * columns + column, mask=column < columns, other=0).to(tl.float32)
    tl.store(parts_ptr + row * splits + split, tl.sum(total, axis=0))


@triton.jit
def end_kernel(parts_ptr, y_ptr, splits, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, splits, BLOCK):
        index = start + tl.arange(0, BLOCK)
        total += tl.load(parts_ptr + row * splits + index, mask=index < splits, other=0)
    tl.store(y_ptr + row, tl.sum(total, axis=0) / columns)


def mean(input_tensor, dim, keepdim=False, dtype=None, out=None):
    x = input_tensor if dtype is None else input_tensor.to(dtype)
    given = (dim,) if isinstance(dim, int) else tuple(dim)
    dims = [d % max(x.ndim, 1) for d in given]
    if not dims:
        dims = list(range(x.ndim))
    kept = [d for d in range(x.ndim) if d not in dims]
    shape = [1 if d in dims else x.shape[d] for d in range(x.ndim) if keepdim or d not in dims]
    flat = x.permute(*kept, *dims).contiguous() if x.ndim else x.contiguous()
    columns = math.prod(x.shape[d] for d in dims) if x.ndim else 1
    rows = math.prod(x.shape[d] for d in kept)
    splits = triton.cdiv(columns, 1024)
    parts = torch.empty((rows, splits), dtype=torch.float32, device=x.device)
    result = torch.empty(shape, dtype=x.dtype, device=x.device)
    part_kernel[(rows * splits,)](flat, parts, rows, columns, splits, CHUNK=1024, BLOCK=256)
    end_kernel[(rows,)](parts, result, splits, columns, BLOCK=64)
    if out is not None:
        return out.resize_(shape).copy_(result)
    return result
