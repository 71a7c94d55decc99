"""Slices of a tensor along one dimension, in the order of a vector of indices."""

from __future__ import annotations

import math

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import choice, dims, indices, shapes, sizes, tensors


def reference(input, dim, index):
    return input.index_select(dim, index)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    dim = draw(dims(shape))
    rest = math.prod(size for axis, size in enumerate(shape) if axis != dim % len(shape))
    count = draw(sizes(given, 1, given.limit // max(1, rest))) if shape[dim] else 0
    return Case(
        input=draw(tensors(given, shape)),
        dim=dim,
        index=draw(indices(given, (count,), shape[dim], draw(choice("int64", "int64", "int32")))),
    )


def selection(shape, dim, count, dtype="float32", index_dtype="int64"):
    """Return the case that picks `count` slices, some of them more than once."""
    return Case(input=Tensor(shape, dtype), dim=dim, index=Tensor((count,), index_dtype, f"integers(0, {shape[dim]})"))


task = Task(
    reference,
    cases,
    fixed_cases=(
        selection((10, 6), 0, 4),
        selection((1,), 0, 1),
        selection((7, 129), 0, 5),
        selection((5, 33), 1, 70),
        selection((3, 1025), 0, 2),
        selection((5, 6, 7), 1, 9),
        selection((4, 5, 6), -2, 3, index_dtype="int32"),
        selection((2, 3, 4, 17), -1, 5),
        selection((2, 3, 4, 5), 0, 3),
        selection((129,), -1, 257),
        selection((1025, 3), 0, 130, index_dtype="int32"),
        selection((5, 3), 0, 0),
        selection((0, 3), 1, 2),
        selection((4, 1030), 0, 5),
    ),
    dtypes=("float32", "float16", "bfloat16", "int64", "int32"),
    contract=Contract(empty=True),
    workloads={
        "llama_embedding": selection((32000, 4096), 0, 8192, "float16"),
        "pruned_columns": selection((16384, 4096), 1, 1024, "float16"),
    },
    table="input",
)
