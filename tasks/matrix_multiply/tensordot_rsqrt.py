"""1 / sqrt(tensordot(a, b, dims)), where `dims` is a number of dimensions or two lists of them."""

from __future__ import annotations

import math

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import choice, integers, sizes, tensors

POSITIVE = "uniform(0.1, 2)"
"""Fill that keeps sums of products away from 0, where rounding would decide whether a root is NaN."""


def reference(a, b, dims):
    import torch

    return torch.tensordot(a, b, dims=dims).rsqrt()


def cases(draw, given):
    count = draw(integers(0, 3))
    long = draw(sizes(given, 1, 257))
    summed = tuple(long if axis == 0 else draw(integers(1, 3)) for axis in range(count))
    left = tuple(draw(integers(1, 7)) for _ in range(draw(integers(0 if count else 1, 2))))
    right = tuple(draw(integers(1, 7)) for _ in range(draw(integers(0 if count else 1, 2))))
    if draw(choice("listed", "counted")) == "counted":
        shapes, dims = ((*left, *summed), (*summed, *right)), count
    else:
        shapes, dims = _listed(draw, summed, left, right)
    fill = None if given.facet == "values" else POSITIVE
    a, b = (draw(tensors(given, shape, fill=fill)) for shape in shapes)
    return Case(a=a, b=b, dims=dims)


def _listed(draw, summed, left, right):
    """Return two shapes with the summed dimensions at any place, and these places, counted from either end."""
    shapes, axes = [], []
    for free in (left, right):
        rank = len(summed) + len(free)
        places = _places(draw, rank, len(summed))
        rest = iter(free)
        shapes.append(tuple(summed[places.index(axis)] if axis in places else next(rest) for axis in range(rank)))
        axes.append([axis - rank * draw(integers(0, 1)) for axis in places])
    return shapes, draw(choice(tuple, list))(axes)


def _places(draw, rank, count):
    """Draw different dimensions in any order."""
    order = []
    for axis in range(rank):
        order.insert(draw(integers(0, axis)), axis)
    return order[:count]


def contraction(a, b, dims, dtype="float32"):
    """Return the case of two shapes."""
    return Case(a=Tensor(a, dtype, POSITIVE), b=Tensor(b, dtype, POSITIVE), dims=dims)


def longest_sum(case):
    """Return the number of products behind one element."""
    sizes = case.a.shape
    return (
        math.prod(sizes[-case.dims :] if case.dims else ())
        if isinstance(case.dims, int)
        else math.prod(sizes[axis] for axis in case.dims[0])
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        contraction((16, 24), (24, 32), 1),
        contraction((1,), (1,), 1),
        contraction((3, 4, 5), (4, 5, 6), 2),
        contraction((7,), (9,), 0),
        contraction((3, 4, 5), (4, 3, 2), ([1, 0], [0, 1])),
        contraction((3, 4, 5), (2, 5, 3), [[-1, 0], [1, 2]]),
        contraction((5, 6, 7), (3, 6), ([1], [1])),
        contraction((4, 3, 2), (4, 3, 2), 3),
        contraction((33, 17), (17, 65), 1),
        contraction((2, 1025), (1025, 3), 1),
        contraction((129, 3), (5, 129), ([0], [1])),
        contraction((2, 3, 4, 5), (5, 3, 7), ([3, 1], [0, 1])),
        contraction((2, 4099), (4099,), 1),
    ),
    contract=Contract(
        values=("uniform(0.001, 0.01)", "uniform(5, 20)", "constant(1)", "constant(0)", "integers(1, 4)"),
        nan=False,
        inf=False,
    ),
    accumulation=longest_sum,
    tf32=True,
    workloads={
        "pairs_of_4096": contraction((4096, 4096), (4096, 4096), 1, "float16"),
        "bilinear_features": contraction((128, 32, 64, 64), (32, 64, 64, 256), 3),
    },
)
