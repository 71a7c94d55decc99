"""Nearest or linear interpolation at the points of a grid, in tiles of channels and points. Bound by memory.

What a point needs is computed once for up to eight channels. Neighbouring points read neighbouring pixels where the
grid is smooth. Tiles of a single channel were dropped: they read the grid again for each.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from _common.sampling import sample


@triton.jit
def of_grid(image, place, known, extra, ALIGNED: tl.constexpr, COMPUTE: tl.constexpr):
    """Return the coordinates that a grid has for a point."""
    ptr, sizes, strides = extra
    source = ptr + image * strides[0] + place % sizes[0] * strides[2]
    if len(sizes) == 2:
        source += place // sizes[0] * strides[3]
    else:
        source += place // sizes[0] % sizes[1] * strides[3] + place // (sizes[0] * sizes[1]) * strides[4]
    x = tl.load(source, mask=known, other=0).to(COMPUTE)
    y = tl.load(source + strides[1], mask=known, other=0).to(COMPUTE)
    z = x if len(sizes) == 2 else tl.load(source + 2 * strides[1], mask=known, other=0).to(COMPUTE)
    return x, y, z


def grid_sample(
    input: torch.Tensor,
    grid: torch.Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = False,
) -> torch.Tensor:
    shape = tuple(grid.shape[1:-1])
    strides = (grid.stride(0), grid.stride(-1), *reversed(grid.stride()[1:-1]))
    return sample(input, shape, mode, padding_mode, align_corners, of_grid, (grid, shape[::-1], strides))
