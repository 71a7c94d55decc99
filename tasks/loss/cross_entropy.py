"""Cross entropy of logits and target classes, weighted by class, without the targets that are ignored.

The mean divides by the weights of the targets that count; where none counts, the formula is 0 / 0 and gives NaN.
"""

from __future__ import annotations

import math

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, shapes, tensors

WEIGHT = "uniform(0.1, 2)"


def reference(input, target, weight=None, ignore_index=-100, reduction="mean"):
    import torch

    return torch.nn.functional.cross_entropy(
        input, target, weight=weight, ignore_index=ignore_index, reduction=reduction
    )


def cases(draw, given):
    shape = draw(shapes(given, 2, 5))
    ignore = draw(choice(-100, -100, 0, -1))
    return Case(
        input=draw(tensors(given, shape)),
        target=draw(tensors(given, _targets(shape), "int64", f"integers({-1 if ignore == -1 else 0}, {shape[1]})")),
        weight=draw(tensors(given, shape[1:2], fill=WEIGHT)) if draw(booleans()) else None,
        ignore_index=ignore,
        reduction=draw(choice("mean", "sum", "none")),
    )


def _targets(shape):
    """Return the shape of the targets: the input's without its dimension of classes."""
    return (shape[0], *shape[2:])


def problem(shape, dtype="float32", target=None, weighted=False, **options):
    """Return the case of one input shape; `target` is the fill of the targets where it is not any class."""
    return Case(
        input=Tensor(shape, dtype),
        target=Tensor(_targets(shape), "int64", target or f"integers(0, {shape[1]})"),
        **({"weight": Tensor(shape[1:2], dtype, WEIGHT)} if weighted else {}),
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
        problem((2, 2049), weighted=True, reduction="none"),
        problem((2, 6, 5, 7), weighted=True, reduction="none", ignore_index=2),
        problem((1025, 4), ignore_index=1),
        problem((40, 6), target="integers(-1, 6)", weighted=True, ignore_index=-1),
        problem((12, 6), target="integers(5, 6)", weighted=True, ignore_index=3, reduction="sum"),
        problem((3, 5, 33), target="integers(-1, 5)", ignore_index=-1, reduction="sum"),
        problem((2, 3, 2, 3, 5), weighted=True, reduction="sum"),
        problem((6, 4), target="constant(2)", ignore_index=2),
        problem((6, 4), target="constant(-100)", reduction="none"),
    ),
    contract=Contract(nan=False, inf=False),
    accumulation=lambda case: (
        case.input.shape[1]
        if case.arguments.get("reduction") == "none"
        else max(case.input.shape[1], math.prod(case.target.shape))
    ),
    workloads={
        "llama_3_vocabulary": problem((8192, 128256), "bfloat16"),
        "cityscapes_segmentation": problem((4, 19, 512, 1024), "float16", target="integers(-1, 19)", ignore_index=-1),
    },
)
