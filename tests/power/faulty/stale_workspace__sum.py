"""Zeroes a workspace when it is made and adds to it in every later call."""

import torch
import triton
import triton.language as tl

WORKSPACES = {}


@triton.jit
def sum_kernel(x_ptr, y_ptr, columns, BLOCK: tl.constexpr):
    row, lane = tl.program_id(0), tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * columns + lane, mask=lane < columns, other=0).to(tl.float32)
    tl.atomic_add(y_ptr + row, tl.sum(x, axis=0))


def sum(input, dim, keepdim=False, dtype=None):
    dims = (
        range(input.ndim) if dim is None else [axis % input.ndim for axis in ([dim] if isinstance(dim, int) else dim)]
    )
    kept = [axis for axis in range(input.ndim) if axis not in dims]
    shape = [1 if axis in dims else input.shape[axis] for axis in range(input.ndim) if keepdim or axis not in dims]
    x = input.permute(*kept, *dims).contiguous()
    total = WORKSPACES.setdefault(tuple(shape), torch.zeros(shape, dtype=torch.float32, device=x.device))
    columns = x.numel() // max(1, total.numel())
    sum_kernel[(total.numel(), triton.cdiv(columns, 1024))](x, total, columns, BLOCK=1024)
    return total.to(dtype or input.dtype, copy=True)
