"""Promises that rows start at multiples of 16, whatever their length is."""

import torch
import triton
import triton.language as tl


@triton.jit
def sum_kernel(x_ptr, y_ptr, columns, BLOCK: tl.constexpr):
    start = tl.multiple_of(tl.program_id(0) * columns, 16)
    total = tl.zeros((BLOCK,), tl.float32)
    for column in range(0, columns, BLOCK):
        lane = column + tl.arange(0, BLOCK)
        total += tl.load(x_ptr + start + lane, mask=lane < columns, other=0).to(tl.float32)
    tl.store(y_ptr + tl.program_id(0), tl.sum(total, axis=0))


def sum(input, dim, keepdim=False, dtype=None):
    dims = (
        range(input.ndim) if dim is None else [axis % input.ndim for axis in ([dim] if isinstance(dim, int) else dim)]
    )
    kept = [axis for axis in range(input.ndim) if axis not in dims]
    shape = [1 if axis in dims else input.shape[axis] for axis in range(input.ndim) if keepdim or axis not in dims]
    x = input.permute(*kept, *dims).contiguous()
    result = torch.empty(shape, dtype=dtype or input.dtype, device=input.device)
    columns = input.numel() // max(1, result.numel())
    sum_kernel[(result.numel(),)](x, result, columns, BLOCK=128)
    return result
