"""Transforms along one dimension after the other, each in Stockham passes of radices up to 32. Bound by memory.

A pass turns L-point transforms of the samples j, j + n/L, ... into transforms of r L points (Cooley and Tukey, 1965;
Stockham's order needs no bit reversal: Van Loan, Computational Frameworks for the Fast Fourier Transform, 1992, 1.7).
Any length is taken: a large prime factor is a radix of its own. The roots of unity come from a table that a kernel
makes in float64; sines in each pass were dropped, they cost more than its products. Padding is a mask, trimming a view.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import triton
import triton.language as tl
from _common.flat import lanes
from _common.rows import middle

RADIX = 32


@triton.jit
def roots_kernel(cosines_ptr, sines_ptr, n, BLOCK: tl.constexpr):
    at, inside = lanes(n, BLOCK)
    angle = at.to(tl.float64) * (-2.0 * 3.141592653589793) / n
    tl.store(cosines_ptr + at, tl.cos(angle), mask=inside)
    tl.store(sines_ptr + at, tl.sin(angle), mask=inside)


@triton.jit
def pass_kernel(
    x_ptr, imaginary_ptr, y_ptr, cosines_ptr, sines_ptr, count, n, known, inner, done, radix, strides, points,
    NORM: tl.constexpr, COMPUTE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    at, inside = lanes(count, BLOCK)
    place = at // inner % n
    group, frequency = place // (done * radix), place % (done * radix)
    groups = n // (done * radix)
    source = at // inner // n * strides[0] + at % inner * strides[2]
    step = frequency * groups
    root = at * 0
    real, imaginary = tl.zeros((BLOCK,), COMPUTE), tl.zeros((BLOCK,), COMPUTE)
    for term in range(radix):
        index = (group + groups * term) * done + frequency % done
        given = inside & (index < known)
        a = tl.load(x_ptr + source + index * strides[1], mask=given, other=0).to(COMPUTE)
        c = tl.load(cosines_ptr + root, mask=inside, other=0)
        s = tl.load(sines_ptr + root, mask=inside, other=0)
        real += a * c
        imaginary += a * s
        if imaginary_ptr is not None:
            b = tl.load(imaginary_ptr + source + index * strides[1], mask=given, other=0).to(COMPUTE)
            real -= b * s
            imaginary += b * c
        root += step
        root = tl.where(root >= n, root - n, root)
    if NORM == "forward":
        real, imaginary = real / points, imaginary / points
    if NORM == "ortho":
        scale = 1.0 / tl.sqrt((at * 0 + points).to(COMPUTE))
        real, imaginary = real * scale, imaginary * scale
    tl.store(y_ptr + 2 * at, real, mask=inside)
    tl.store(y_ptr + 2 * at + 1, imaginary, mask=inside)


def radices(n: int) -> list[int]:
    """Return factors of n, each at most 32 or a prime, at least one."""
    primes, rest, factor = [], n, 2
    while rest > 1:
        while rest % factor == 0:
            primes.append(factor)
            rest //= factor
        factor = factor + 1 if factor * factor <= rest else rest
    found = [1]
    for prime in reversed(primes):
        if found[-1] * prime <= RADIX or found == [1]:
            found[-1] *= prime
        else:
            found.append(prime)
    return found


def transform(x: torch.Tensor, axis: int, n: int, norm: str | None, points: int) -> torch.Tensor:
    """Return the transform of n points along one dimension, scaled as `norm` says for `points`."""
    x = x.narrow(axis, 0, min(n, x.shape[axis]))
    shape = (*x.shape[:axis], n, *x.shape[axis + 1 :])
    view = middle(x, [axis])
    known, inner = view.shape[1:]
    count = math.prod(shape)
    real = torch.float64 if x.dtype in (torch.float64, torch.complex128) else torch.float32
    cosines, sines = (torch.empty(n, dtype=real, device=x.device) for _ in range(2))
    roots_kernel[(triton.cdiv(n, 1024),)](cosines, sines, n, BLOCK=1024)
    done, steps = 1, radices(n)
    for number, radix in enumerate(steps):
        planes = torch.view_as_real(view.resolve_conj()) if view.is_complex() else view[..., None]
        result = torch.empty((view.shape[0], n, inner, 2), dtype=real, device=x.device)
        pass_kernel[(triton.cdiv(count, 1024),)](
            planes[..., 0], planes[..., 1] if view.is_complex() else None, result, cosines, sines, count, n, known,
            inner, done, radix, planes.stride()[:3], points, NORM=norm if number == len(steps) - 1 else None,
            COMPUTE=tl.float64 if real == torch.float64 else tl.float32, BLOCK=1024,
        )  # fmt: skip
        view, known = torch.view_as_complex(result), n
        done *= radix
    return view.view(shape)


def fftn(
    input: torch.Tensor,
    s: Sequence[int] | None = None,
    dim: Sequence[int] | None = None,
    norm: str | None = None,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    if norm not in (None, "backward", "ortho", "forward"):
        raise ValueError(f"norm is 'backward', 'ortho' or 'forward', not {norm!r}")
    if dim is None:
        dim = range(input.ndim - len(s), input.ndim) if s is not None else range(input.ndim)
    axes = [axis % input.ndim for axis in dim]
    sizes = [input.shape[axis] if n == -1 else n for axis, n in zip(axes, s or [-1] * len(axes), strict=True)]
    points = math.prod(sizes)
    result = input
    for number, (axis, n) in enumerate(zip(axes, sizes, strict=True)):
        result = transform(result, axis, n, norm if number == len(axes) - 1 else None, points)
    return result if out is None else out.resize_(result.shape).copy_(result)
