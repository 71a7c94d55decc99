"""Copy in another order of dimensions: tiles are read by strides and written in order. Bound by memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import triton
import triton.language as tl


@triton.jit
def copy_kernel(x_ptr, y_ptr, count, sizes, strides, BLOCK: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    rest, place = at, tl.zeros((BLOCK,), tl.int64)
    for axis in tl.static_range(len(sizes)):
        place += rest % sizes[axis] * strides[axis]
        rest = rest // sizes[axis]
    tl.store(y_ptr + at, tl.load(x_ptr + place, mask=at < count), mask=at < count)


def merged(x: torch.Tensor) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return sizes and strides from the last dimension on, with dimensions that follow each other made one."""
    sizes, strides = [1], [1]
    for size, stride in reversed(list(zip(x.shape, x.stride(), strict=True))):
        if sizes[-1] == 1:
            sizes[-1], strides[-1] = size, stride
        elif size != 1 and stride == sizes[-1] * strides[-1]:
            sizes[-1] *= size
        elif size != 1:
            sizes.append(size)
            strides.append(stride)
    return tuple(sizes), tuple(strides)


def permute_copy(input: torch.Tensor, dims: Sequence[int]) -> torch.Tensor:
    view = input.permute(*dims) if input.ndim else input
    result = torch.empty(view.shape, dtype=view.dtype, device=view.device)
    count = result.numel()
    if count:
        sizes, strides = merged(view)
        copy_kernel[(triton.cdiv(count, 1024),)](view, result, count, sizes, strides, BLOCK=1024)
    return result
