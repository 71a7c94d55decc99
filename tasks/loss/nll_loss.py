"""Negative log likelihood of the target classes, weighted by class, without the targets that are ignored.

The mean divides by the weights of the targets that count; where none counts, the formula is 0 / 0 and gives NaN.
"""

from __future__ import annotations

import math

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, shapes, tensors

LOG_PROBABILITIES = "log_probabilities(1)"
WEIGHT = "uniform(0.1, 2)"


def reference(input, target, weight=None, ignore_index=-100, reduction="mean"):
    import torch

    return torch.nn.functional.nll_loss(input, target, weight=weight, ignore_index=ignore_index, reduction=reduction)


def target_shape(shape):
    """Return the input's shape without its dimension of classes."""
    return (shape[0], *shape[2:])


def classes(shape, outside=False):
    """Return the fill of the targets: any class, and -1 too where that is the index to ignore."""
    return f"integers({-1 if outside else 0}, {shape[1]})"


def cases(draw, given):
    shape = draw(shapes(given, 2, 5))
    ignore = draw(choice(-100, -100, 0, -1))
    return Case(
        input=draw(tensors(given, shape, fill=LOG_PROBABILITIES)),
        target=draw(tensors(given, target_shape(shape), "int64", classes(shape, ignore == -1))),
        weight=draw(tensors(given, shape[1:2], fill=WEIGHT)) if draw(booleans()) else None,
        ignore_index=ignore,
        reduction=draw(choice("mean", "sum", "none")),
    )


def problem(shape, dtype="float32", target=None, weighted=False, **options):
    """Return the case of one input shape; `target` is the fill of the targets where it is not any class."""
    weight = {"weight": Tensor(shape[1:2], dtype, WEIGHT)} if weighted else {}
    return Case(
        input=Tensor(shape, dtype, LOG_PROBABILITIES),
        target=Tensor(target_shape(shape), "int64", target or classes(shape)),
        **weight,
        **options,
    )


task = Task(
    reference,
    cases,
    spine=(
        problem((8, 5)),
        problem((1, 1)),
        problem((33, 7), reduction="none"),
        problem((129, 3), weighted=True),
        problem((64, 5, 2, 2)),
        problem((3, 1025), reduction="sum"),
        problem((2, 6, 5, 7), weighted=True, reduction="none", ignore_index=2),
        problem((1025, 4), ignore_index=1),
        problem((40, 6), target="integers(-1, 6)", weighted=True, ignore_index=-1),
        problem((3, 5, 33), target="integers(-1, 5)", ignore_index=-1, reduction="sum"),
        problem((2, 3, 2, 3, 5), weighted=True, reduction="sum"),
        problem((6, 4), target="constant(2)", ignore_index=2),
    ),
    contract=Contract(nan=False, inf=False),
    accumulation=lambda case: 1 if case.arguments.get("reduction") == "none" else math.prod(case.target.shape),
    workloads={
        "gpt2_vocabulary": problem((4096, 50257)),
        "cityscapes_segmentation": problem((4, 19, 512, 1024), "float16", target="integers(-1, 19)", ignore_index=-1),
    },
)
