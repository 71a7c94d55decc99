"""Batch normalisation of each channel; training normalises by the batch and moves the running statistics.

The shipped test never looks at the running statistics; here their values after the call count.
"""

from __future__ import annotations

import math

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, numbers, shapes, tensors

VARIANCES = "uniform(0.5, 2)"


def reference(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05):
    import torch

    return torch.nn.functional.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def cases(draw, given):
    shape = draw(shapes(given, 2, 5))
    channels = shape[1]
    # The variance of one value is not defined, and that of two is all rounding where they happen to be close.
    training = draw(booleans()) if math.prod(shape) >= 4 * channels else False
    return Case(
        input=draw(tensors(given, shape)),
        running_mean=draw(tensors(given, (channels,))),
        running_var=draw(tensors(given, (channels,), fill=VARIANCES)),
        weight=draw(tensors(given, (channels,))) if draw(booleans()) else None,
        bias=draw(tensors(given, (channels,))) if draw(booleans()) else None,
        training=training,
        momentum=draw(numbers(0.0, 1.0)),
        eps=draw(choice(1e-5, 1e-3, 0.1)),
    )


def images(*shape, weight=False, bias=False, dtype="float32", **options):
    """Return the case of an input of the shape with parameters for its channels."""
    channels = (shape[1],)
    scale = {"weight": Tensor(channels, dtype) if weight else None, "bias": Tensor(channels, dtype) if bias else None}
    return Case(
        input=Tensor(shape, dtype),
        running_mean=Tensor(channels, dtype),
        running_var=Tensor(channels, dtype, VARIANCES),
        **scale,
        **options,
    )


task = Task(
    reference,
    cases,
    spine=(
        images(4, 3, 5, 6),
        images(8, 5, 6, 7, weight=True, bias=True, training=True),
        images(3, 4, 5, 6, weight=True, bias=True),
        images(33, 17, training=True),
        images(2, 7, 129, training=True, momentum=0.3),
        images(2, 3, 2, 3, 5, weight=True, bias=True, eps=1e-3),
        images(1, 1, 2, 1, training=True),
        images(2, 130, 3, 3, weight=True, bias=True, training=True),
        images(1, 2, 41, 25, training=True),
        images(2, 6, 3, 6, weight=True, training=True, momentum=1.0),
        images(5, 3, 1025, bias=True, training=True, eps=0.1, momentum=0.0),
    ),
    contract=Contract(inf=False),
    accumulation=lambda case: case.input.numel // case.input.shape[1] if case.arguments.get("training") else 1,
    mutates=("running_mean", "running_var"),
    workloads={
        "resnet50_stage1_training": images(64, 256, 56, 56, weight=True, bias=True, training=True),
        "resnet50_stage1_inference": images(128, 256, 56, 56, weight=True, bias=True, dtype="float16"),
    },
)
