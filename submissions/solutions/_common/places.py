"""Offsets of elements of tensors of any rank and layout, from their flat positions."""

from __future__ import annotations

import torch
import triton
import triton.language as tl


@triton.jit
def place(at, sizes, strides):
    """Return the offsets of elements at flat positions; sizes and strides are from the last dimension on."""
    offset = at * 0
    for axis in tl.static_range(len(sizes)):
        offset += at % sizes[axis] * strides[axis]
        at = at // sizes[axis]
    return offset


def reversed_sizes(shape: torch.Size | tuple[int, ...]) -> tuple[int, ...]:
    """Return the sizes from the last on, at least one."""
    return tuple(shape)[::-1] or (1,)


def reversed_strides(x: torch.Tensor) -> tuple[int, ...]:
    """Return the strides from that of the last dimension on, at least one."""
    return tuple(x.stride())[::-1] or (0,)
