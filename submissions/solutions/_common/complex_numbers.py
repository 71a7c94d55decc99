"""Real and complex numbers as tuples of one or two planes, so that one kernel serves both.

A complex tensor is read and written through `torch.view_as_real`, whose last dimension has the stride of the planes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import triton
import triton.language as tl


@triton.jit
def load(ptr, at, inside, plane, PLANES: tl.constexpr, DTYPE: tl.constexpr):
    """Return the planes of the numbers at these offsets, zero where they are not inside."""
    real = tl.load(ptr + at, mask=inside, other=0).to(DTYPE)
    if PLANES == 1:
        return (real,)
    else:
        return real, tl.load(ptr + at + plane, mask=inside, other=0).to(DTYPE)


@triton.jit
def store(ptr, at, value, inside, plane):
    """Store the planes of numbers."""
    for index in tl.static_range(len(value)):
        tl.store(ptr + at + index * plane, value[index], mask=inside)


@triton.jit
def number(real, PLANES: tl.constexpr):
    """Return real numbers as planes."""
    if PLANES == 1:
        return (real,)
    else:
        return real, tl.zeros_like(real)


@triton.jit
def plus(a, b):
    if len(a) == 1:
        return (a[0] + b[0],)
    else:
        return a[0] + b[0], a[1] + b[1]


@triton.jit
def minus(a, b):
    if len(a) == 1:
        return (a[0] - b[0],)
    else:
        return a[0] - b[0], a[1] - b[1]


@triton.jit
def times(a, b):
    if len(a) == 1:
        return (a[0] * b[0],)
    else:
        return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


@triton.jit
def scaled(a, factor):
    """Return a times a real number."""
    if len(a) == 1:
        return (a[0] * factor,)
    else:
        return a[0] * factor, a[1] * factor


@triton.jit
def over(a, divisor):
    """Return a over a real number, which may be denormal."""
    if len(a) == 1:
        return (a[0] / divisor,)
    else:
        return a[0] / divisor, a[1] / divisor


@triton.jit
def conjugate(a):
    if len(a) == 1:
        return a
    else:
        return a[0], -a[1]


@triton.jit
def chosen(where, a, b):
    if len(a) == 1:
        return (tl.where(where, a[0], b[0]),)
    else:
        return tl.where(where, a[0], b[0]), tl.where(where, a[1], b[1])


@triton.jit
def only(where, a):
    """Return a where the condition holds, and zero elsewhere."""
    if len(a) == 1:
        return (tl.where(where, a[0], 0.0),)
    else:
        return tl.where(where, a[0], 0.0), tl.where(where, a[1], 0.0)


@triton.jit
def total(a, axis: tl.constexpr):
    """Return sums along an axis, which is kept."""
    if len(a) == 1:
        return (tl.sum(a[0], axis=axis, keep_dims=True),)
    else:
        return tl.sum(a[0], axis=axis, keep_dims=True), tl.sum(a[1], axis=axis, keep_dims=True)


@triton.jit
def square(a):
    """Return the squared absolute values."""
    if len(a) == 1:
        return a[0] * a[0]
    else:
        return a[0] * a[0] + a[1] * a[1]


@triton.jit
def larger_part(a):
    """Return the absolute values of the larger plane."""
    if len(a) == 1:
        return tl.abs(a[0])
    else:
        return tl.maximum(tl.abs(a[0]), tl.abs(a[1]))


@triton.jit
def divided(a, b):
    """Return a / b, by the squared absolute value of b scaled to about one."""
    if len(a) == 1:
        return (a[0] / b[0],)
    else:
        scale = 1.0 / larger_part(b)
        small = scaled(b, scale)
        return scaled(times(a, conjugate(small)), scale / square(small))


def pieces(x: torch.Tensor) -> torch.Tensor:
    """Return a tensor as a real one whose last dimension is the planes."""
    return torch.view_as_real(x) if x.is_complex() else x.unsqueeze(-1)


def real_dtype(x: torch.Tensor) -> Any:
    """Return Triton's dtype of the parts of a tensor."""
    return tl.float64 if x.dtype in (torch.float64, torch.complex128) else tl.float32


def delivered(results: Sequence[torch.Tensor], out: Sequence[torch.Tensor] | None) -> tuple[torch.Tensor, ...]:
    """Return results, in the tensors of `out` where they are given, resized as PyTorch does."""
    if out is None:
        return tuple(results)
    return tuple(to.resize_(result.shape).copy_(result) for to, result in zip(out, results, strict=True))
