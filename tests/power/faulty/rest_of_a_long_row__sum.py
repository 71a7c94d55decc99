"""Rows of more than 20,000 elements take another path, which leaves out the last block of a row."""

import torch
import triton
import triton.language as tl

LONG = 20_000


@triton.jit
def short_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    columns = tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * count + columns, mask=columns < count, other=0).to(tl.float32)
    tl.store(y_ptr + row, tl.sum(x, axis=0))


@triton.jit
def long_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    total = 0.0
    for start in range(0, count - BLOCK, BLOCK):
        x = tl.load(x_ptr + row * count + start + tl.arange(0, BLOCK)).to(tl.float32)
        total += tl.sum(x, axis=0)
    tl.store(y_ptr + row, total)


def sum(input, dim, keepdim=False, dtype=None):
    x = input if dtype is None else input.to(dtype)
    dims = (
        range(x.ndim) if dim is None else [axis % max(1, x.ndim) for axis in ([dim] if isinstance(dim, int) else dim)]
    )
    kept = [axis for axis in range(x.ndim) if axis not in dims]
    shape = [1 if axis in dims else x.shape[axis] for axis in range(x.ndim) if keepdim or axis not in dims]
    x = x.permute([*kept, *dims][: x.ndim]).contiguous()
    result = torch.empty(shape, dtype=x.dtype, device=x.device)
    count = x.numel() // max(1, result.numel())
    if count > LONG:
        long_kernel[(result.numel(),)](x, result, count, BLOCK=1024)
    else:
        short_kernel[(result.numel(),)](x, result, count, BLOCK=triton.next_power_of_2(max(1, count)))
    return result
