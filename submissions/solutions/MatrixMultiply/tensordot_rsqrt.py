"""1 / sqrt(tensordot(a, b)) as one product of matrices, whose root is taken before it is rounded.

The summed dimensions are moved together, which copies a tensor only where they are apart in memory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import triton
from _common.products import product
from triton.language.extra import libdevice


@triton.jit
def reciprocal_root(total, batch, row, column, inside, extra):
    return libdevice.rsqrt(total)


def tensordot_rsqrt(a: torch.Tensor, b: torch.Tensor, dims: int | Sequence[Sequence[int]]) -> torch.Tensor:
    ours, theirs = (range(a.ndim - dims, a.ndim), range(dims)) if isinstance(dims, int) else dims
    ours, theirs = [axis % a.ndim for axis in ours], [axis % b.ndim for axis in theirs]
    left = [axis for axis in range(a.ndim) if axis not in ours]
    right = [axis for axis in range(b.ndim) if axis not in theirs]
    summed = math.prod(a.shape[axis] for axis in ours)
    shape = [*(a.shape[axis] for axis in left), *(b.shape[axis] for axis in right)]
    a = a.permute(*left, *ours).reshape(1, -1, summed)
    b = b.permute(*theirs, *right).reshape(1, summed, -1)
    return product(a, b, epilogue=reciprocal_root).view(shape)
