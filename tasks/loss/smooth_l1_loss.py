"""Smooth L1 loss: squared error over 2 * beta where the error is below beta, absolute error less beta / 2 elsewhere.

With beta 0 no error is below it, and the loss is the absolute error.
"""

from __future__ import annotations

import math

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import choice, shapes, tensors


def reference(input, target, beta=1.0, reduction="mean"):
    import torch

    return torch.nn.functional.smooth_l1_loss(input, target, beta=beta, reduction=reduction)


def cases(draw, given):
    shape = draw(shapes(given, 1, 4))
    return Case(
        input=draw(tensors(given, shape)),
        target=draw(tensors(given, shape)),
        beta=draw(choice(1.0, 0.5, 2.5, 0.0)),
        reduction=draw(choice("mean", "sum", "none")),
    )


def problem(shape, dtype="float32", **options):
    """Return the case of one shape."""
    return Case(input=Tensor(shape, dtype), target=Tensor(shape, dtype, seed=1), **options)


task = Task(
    reference,
    cases,
    spine=(
        problem((4, 5)),
        problem((1,)),
        problem((129,), reduction="sum"),
        problem((1025,)),
        problem((3, 127), beta=0.5),
        problem((7, 33), beta=2.5, reduction="none"),
        problem((2, 3, 65), reduction="none"),
        problem((2, 2, 3, 17), beta=0.0, reduction="none"),
        problem((4099,), reduction="sum", beta=0.5),
        problem((33,), beta=0.0),
        problem(()),
        problem((), beta=0.5, reduction="none"),
    ),
    contract=Contract(zero_dim=True),
    accumulation=lambda case: 1 if case.arguments.get("reduction") == "none" else math.prod(case.input.shape),
    workloads={"nyu_depth_maps": problem((64, 1, 480, 640))},
)
