"""exp(tile(input, dims)), with the repetitions of `torch.tile`.

The shipped reference puts the repetitions in dimensions of their own instead.
"""

from __future__ import annotations

from dataclasses import replace as with_fields
from math import prod

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import choice, integers, shapes, tensors


def reference(input, dims, *, out=None):
    return input.tile(dims).exp()


def cases(draw, given):
    dims = tuple(draw(choice(1, 2, 3)) for _ in range(draw(integers(0, 4))))
    shape = draw(shapes(with_fields(given, limit=given.limit // prod(dims)), 1, 4))
    return Case(input=draw(tensors(given, shape)), dims=dims)


def tiled(shape, *dims, dtype="float32"):
    """Return the case of a shape and its repetitions."""
    return Case(input=Tensor(shape, dtype), dims=dims)


task = Task(
    reference,
    cases,
    fixed_cases=(
        tiled((4, 5), 2, 3),
        tiled((4, 5), 3),
        tiled((1,), 1),
        tiled((129,), 2),
        tiled((1025,), 3),
        tiled((3, 127), 2, 1),
        tiled((2, 3, 65), 3, 2),
        tiled((5, 6, 7), 2, 1, 3),
        tiled((2, 3, 4, 5), 1, 3, 1, 2),
        tiled((17,), 3, 2, 2),
        tiled((33, 2)),
        tiled((2049, 1), 1, 2),
        tiled((), 3),
        tiled(()),
        tiled((2, 0, 3), 2, 2),
        tiled((3, 5), 2, 0),
    ),
    contract=any_shape(),
    workloads={
        "vit_position_embeddings": tiled((1, 577, 1024), 128, 1, 1, dtype="float16"),
        "elements_64m": tiled((2048, 4096), 4, 2),
    },
)
