"""Interpolation at the points of an affine map, which are computed and never stored. Bound by memory.

`affine_grid` and `grid_sample` in one pass: it saves writing and reading two numbers a point, and their rounding to
half precision. Volumes are not taken: `theta` is a map of the plane.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import triton
import triton.language as tl
from _common.sampling import sample


@triton.jit
def base(index, size, ALIGNED: tl.constexpr, COMPUTE: tl.constexpr):
    """Return the coordinate in [-1, 1] of an index of the output."""
    if ALIGNED:
        return (2 * index + 1 - size).to(COMPUTE) / tl.maximum(index * 0 + size - 1, 1).to(COMPUTE)
    else:
        return (2 * index + 1 - size).to(COMPUTE) / (index * 0 + size).to(COMPUTE)


@triton.jit
def of_map(image, place, known, extra, ALIGNED: tl.constexpr, COMPUTE: tl.constexpr):
    """Return the coordinates of a point: the rows of a map times (x, y, 1)."""
    ptr, width, height, strides = extra
    x = base(place % width, width, ALIGNED, COMPUTE)
    y = base(place // width, height, ALIGNED, COMPUTE)
    source = ptr + image * strides[0]
    along = affine(source, strides[2], known, x, y, COMPUTE)
    down = affine(source + strides[1], strides[2], known, x, y, COMPUTE)
    return along, down, along


@triton.jit
def affine(source, stride, known, x, y, COMPUTE: tl.constexpr):
    """Return the product of a row of a map with (x, y, 1)."""
    a = tl.load(source, mask=known, other=0).to(COMPUTE)
    b = tl.load(source + stride, mask=known, other=0).to(COMPUTE)
    c = tl.load(source + 2 * stride, mask=known, other=0).to(COMPUTE)
    return a * x + b * y + c


def grid_sample_with_affine(
    input: torch.Tensor,
    theta: torch.Tensor,
    size: Sequence[int],
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = False,
) -> torch.Tensor:
    if len(size) != 4:
        raise ValueError(f"a size of four numbers is needed, not {tuple(size)}")
    height, width = size[2:]
    extra = (theta, width, height, theta.stride())
    return sample(input, (height, width), mode, padding_mode, align_corners, of_map, extra)
