"""Copy of a tensor with its dimensions in another order; the result never is a view of the input."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.strategies import booleans, integers, shapes, tensors


def reference(input, dims):
    import torch

    return torch.permute_copy(input, dims)


def cases(draw, given):
    shape = draw(shapes(given, 1, 5))
    order = []
    for axis in range(len(shape)):
        order.insert(draw(integers(0, axis)), axis)
    return Case(
        input=draw(tensors(given, shape)),
        dims=[axis - len(shape) if draw(booleans()) else axis for axis in order],
    )


def permuted(shape, *dims, dtype="float32", **options):
    """Return the case of one shape and order."""
    return Case(input=Tensor(shape, dtype, **options), dims=list(dims))


task = Task(
    reference,
    cases,
    fixed_cases=(
        permuted((6, 9), 1, 0),
        permuted((1, 1), 1, 0),
        permuted((129,), 0),
        permuted((33, 65), 1, 0),
        permuted((5, 6, 7), 2, 0, 1),
        permuted((5, 6, 7), 0, 1, 2),
        permuted((4, 3, 17), -1, 0, -2),
        permuted((3, 1025), -1, -2),
        permuted((2, 3, 4, 33), 0, 2, 3, 1),
        permuted((2, 5, 3, 7), 3, 1, -4, 2),
        permuted((2, 3, 4, 5, 6), 4, 2, 0, 3, 1),
        permuted((2049, 2), 1, 0),
        permuted((2, 0, 3), 2, 0, 1),
        permuted(()),
        permuted((4, 5), 1, 0, dtype="bool", fill="bernoulli(0.5)"),
        permuted((4, 5, 3), 1, 2, 0, dtype="float64"),
    ),
    dtypes=("float32", "float16", "bfloat16", "int64", "int32"),
    contract=Contract(empty=True, zero_dim=True),
    workloads={
        "images_to_channels_last": permuted((128, 256, 56, 56), 0, 2, 3, 1, dtype="float16"),
        "attention_heads": permuted((16, 2048, 32, 128), 0, 2, 1, 3, dtype="float16"),
        "transposed_weights": permuted((16384, 16384), 1, 0, dtype="float16"),
    },
)
