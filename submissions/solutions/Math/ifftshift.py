"""The inverse shift of a transform's halves: each element of the result finds its source by remainders.

Bound by memory: one read, one write.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl


@triton.jit
def shift_kernel(x_ptr, y_ptr, count, sizes, shifts, strides, BLOCK: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    rest, place = at, tl.zeros((BLOCK,), tl.int64)
    for axis in tl.static_range(len(sizes)):
        place += (rest % sizes[axis] + shifts[axis]) % sizes[axis] * strides[axis]
        rest = rest // sizes[axis]
    tl.store(y_ptr + at, tl.load(x_ptr + place, mask=at < count), mask=at < count)


def ifftshift(input: torch.Tensor, dim: Any = None) -> torch.Tensor:
    dims = range(input.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    view = torch.view_as_real(input) if input.is_complex() else input
    shifts = [0] * max(view.ndim, 1)
    for axis in dims:
        shifts[axis % input.ndim] += input.shape[axis] // 2
    result = torch.empty(view.shape, dtype=view.dtype, device=view.device)
    count = result.numel()
    if count:
        shift_kernel[(triton.cdiv(count, 1024),)](
            view, result, count, tuple(view.shape)[::-1] or (1,), tuple(shifts)[::-1], view.stride()[::-1] or (0,),
            BLOCK=1024,
        )  # fmt: skip
    return torch.view_as_complex(result) if input.is_complex() else result
