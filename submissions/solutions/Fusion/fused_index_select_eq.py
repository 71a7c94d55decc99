"""Slices picked by an index, compared with a number or a tensor that broadcasts, in one pass. Bound by memory."""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from _common.places import place, reversed_sizes, reversed_strides


@triton.jit
def select_kernel(
    x_ptr, index_ptr, other_ptr, y_ptr, count, stride, index_stride, number, sizes, x_strides, index_strides,
    other_strides, BLOCK: tl.constexpr,
):  # fmt: skip
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    picked = tl.load(index_ptr + place(at, sizes, index_strides) * index_stride, mask=inside, other=0).to(tl.int64)
    x = tl.load(x_ptr + place(at, sizes, x_strides) + picked * stride, mask=inside, other=0)
    if other_ptr is not None:
        equal = x == tl.load(other_ptr + place(at, sizes, other_strides), mask=inside, other=0)
    else:
        equal = x == number
    tl.store(y_ptr + at, equal, mask=inside)


def fused_index_select_eq(
    input: torch.Tensor, dim: int, index: torch.Tensor, other: Any, *, out: torch.Tensor | None = None
) -> torch.Tensor:
    dim = dim % input.ndim
    picked = [index.numel() if axis == dim else size for axis, size in enumerate(input.shape)]
    tensor = torch.is_tensor(other)
    shape = torch.broadcast_shapes(picked, other.shape) if tensor else torch.Size(picked)
    result = torch.empty(shape, dtype=torch.bool, device=input.device)
    view = other.expand(shape) if tensor else None
    rank = len(shape)
    lead = rank - input.ndim
    strides = [0] * rank
    for axis in range(input.ndim):
        if axis != dim and input.shape[axis] > 1:
            strides[lead + axis] = input.stride(axis)
    along = [0] * rank
    along[lead + dim] = 1
    count = result.numel()
    if count:
        select_kernel[(triton.cdiv(count, 1024),)](
            input, index, view, result, count, input.stride(dim), index.stride(0), 0 if tensor else other,
            reversed_sizes(shape), tuple(strides)[::-1], tuple(along)[::-1],
            reversed_strides(view) if tensor else (0,) * rank, BLOCK=1024,
        )  # fmt: skip
    return result if out is None else out.resize_(result.shape).copy_(result)
