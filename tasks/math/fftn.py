"""Discrete Fourier transform of real or complex input over some or all dimensions, zero-padded or trimmed to `s`.

Half precision is documented only on CUDA and for lengths that are powers of two, so it is not tested.

`out` is written as documented; the shipped reference ignores it.
"""

from __future__ import annotations

import dataclasses
import math

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.strategies import booleans, choice, dim_sets, integers, shapes, tensors

LIMIT = 256
"""Largest number of elements of a drawn input: a direct sum is then 65,536 products, which an interpreter affords."""


def reference(input, s=None, dim=None, norm=None, out=None):
    import torch

    return torch.fft.fftn(input, s=s, dim=dim, norm=norm)


def lengths(shape, s, dim):
    """Return the length of each transform, in the order of the dimensions."""
    if dim is None:
        dim = range(-len(s), 0) if s is not None else range(len(shape))
    if s is None:
        s = [-1] * len(dim)
    return tuple(shape[axis] if length == -1 else length for axis, length in zip(dim, s, strict=True))


def points(case):
    """Return how many elements of the input one element of the result depends on."""
    return math.prod(lengths(case.input.shape, case.arguments.get("s"), case.arguments.get("dim")))


def cases(draw, given):
    given = dataclasses.replace(given, limit=min(given.limit, LIMIT))
    shape = draw(shapes(given, 1, 4))
    dim = draw(dim_sets(shape))
    if isinstance(dim, int):
        dim = (dim,)
    # Where dim is None, s is that of the last dimensions.
    count = len(dim) if dim is not None else draw(integers(1, len(shape)))
    plain = lengths(shape, None, dim if dim is not None else range(-count, 0))
    s = tuple(draw(choice(-1, size, max(1, size - 2), size + 3)) for size in plain) if draw(booleans()) else None
    return Case(
        input=draw(tensors(given, shape)), s=s, dim=dim, norm=draw(choice(None, "backward", "ortho", "forward"))
    )


def transform(shape, dtype="float32", **options):
    """Return the case of one input shape."""
    return Case(input=Tensor(shape, dtype), **options)


task = Task(
    reference,
    cases,
    fixed_cases=(
        transform((8, 16)),
        transform((1,)),
        transform((17,)),
        transform((129,)),
        transform((5, 7, 3)),
        transform((4, 6), norm="ortho"),
        transform((6, 5), norm="forward", dim=(0,)),
        transform((3, 4, 5), dim=(-1, 0)),
        transform((4, 33), s=(16,)),
        transform((6, 5), s=(4, 8), norm="ortho"),
        transform((3, 6, 5), s=(-1, 9), dim=(2, 1), norm="forward"),
        transform((2, 3, 4, 6), dim=(1, 3)),
        transform((4, 1030), dim=(0,)),
    ),
    dtypes=("float32", "complex64"),
    contract=FINITE,
    accumulation=points,
    workloads={
        "fastmri_knee_slices": transform((16, 15, 640, 368), "complex64", dim=(-2, -1)),
        "volume_256": transform((256, 256, 256)),
    },
)
