"""Slices of x along one dimension, those that a vector of indices names, set to a value in place."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import choice, dims, indices, integers, shapes, tensors


def reference(dim, x, index, value):
    return x.index_fill_(dim, index, value)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    dim = draw(dims(shape))
    count = draw(integers(0 if given.empty else 1, min(2 * shape[dim], 40))) if shape[dim] else 0
    return Case(
        dim=dim,
        x=draw(tensors(given, shape)),
        index=draw(indices(given, (count,), shape[dim])),
        value=draw(choice(-1.0, 0.0, 2.5, 7, float("-inf"))),
    )


def filled(shape, dim, count, value=-1.0, dtype="float32"):
    """Return the case that fills slices at `count` indices, some of them more than once."""
    return Case(
        dim=dim,
        x=Tensor(shape, dtype),
        index=Tensor((count,), "int64", f"integers(0, {max(1, shape[dim])})"),
        value=value,
    )


task = Task(
    reference,
    cases,
    fixed_cases=(
        filled((6, 9), 1, 4),
        filled((1,), 0, 1, 2.5),
        filled((7, 129), 0, 3, 0.0),
        filled((5, 33), -1, 40, 2.5),
        filled((3, 1025), 1, 130),
        filled((5, 6, 7), 1, 2, float("-inf")),
        filled((4, 5, 6), -3, 2),
        filled((2, 3, 4, 17), -2, 3, 7),
        filled((129,), 0, 257),
        filled((1025, 3), 0, 65, -2.5),
        filled((3, 4), 1, 0),
        filled((0, 4), 1, 2),
        filled((3, 5), 1, 2, -1, "int64"),
        filled((3, 5), 0, 2, 0, "bool"),
        filled((4099,), 0, 5),
    ),
    contract=Contract(empty=True),
    mutates=("x",),
    workloads={
        "masked_tokens": filled((8192, 4096), 0, 1024, 0.0, "float16"),
        "suppressed_vocabulary": filled((4096, 50257), 1, 512, float("-inf")),
    },
    table="x",
)
