"""Batch normalisation of each channel, then the hard sigmoid; training moves the running statistics.

`inplace` cannot be seen from outside: what it may overwrite is the normalised tensor, not `x`.
"""

from __future__ import annotations

import math

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, numbers, shapes, tensors

VARIANCES = "uniform(0.5, 2)"


def reference(
    x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5, inplace=False
):
    from torch.nn.functional import batch_norm, hardsigmoid

    normalised = batch_norm(x, running_mean, running_var, weight, bias, training, momentum, eps)
    return hardsigmoid(normalised, inplace=inplace)


def cases(draw, given):
    shape = draw(shapes(given, 2, 5))
    channels = shape[1]
    # The variance of one value is not defined, and that of two is all rounding where they happen to be close.
    training = draw(booleans()) if math.prod(shape) >= 4 * channels else False
    return Case(
        x=draw(tensors(given, shape)),
        running_mean=draw(tensors(given, (channels,))),
        running_var=draw(tensors(given, (channels,), fill=VARIANCES)),
        weight=draw(tensors(given, (channels,))) if draw(booleans()) else None,
        bias=draw(tensors(given, (channels,))) if draw(booleans()) else None,
        training=training,
        momentum=draw(numbers(0.0, 1.0)),
        eps=draw(choice(1e-5, 1e-3, 0.1)),
        inplace=draw(booleans()),
    )


def batch(*shape, weight=False, bias=False, dtype="float32", **options):
    """Return the case of an input of the shape with parameters for its channels."""
    channels = (shape[1],)
    return Case(
        x=Tensor(shape, dtype),
        running_mean=Tensor(channels, dtype),
        running_var=Tensor(channels, dtype, VARIANCES),
        weight=Tensor(channels, dtype) if weight else None,
        bias=Tensor(channels, dtype) if bias else None,
        **options,
    )


task = Task(
    reference,
    cases,
    spine=(
        batch(4, 3, 5, 6),
        batch(8, 5, 6, 7, weight=True, bias=True, training=True),
        batch(3, 4, 5, 6, weight=True, bias=True, inplace=True),
        batch(33, 17, training=True),
        batch(2, 7, 129, training=True, momentum=0.3),
        batch(2, 3, 2, 3, 5, weight=True, bias=True, eps=1e-3),
        batch(1, 1, 1, 1),
        batch(2, 130, 3, 3, weight=True, bias=True, training=True, inplace=True),
        batch(1, 2, 41, 25, training=True),
        batch(2, 6, 3, 6, weight=True, training=True, momentum=1.0),
        batch(5, 3, 1025, bias=True, training=True, eps=0.1, momentum=0.0),
    ),
    contract=Contract(inf=False),
    accumulation=lambda case: case.x.numel // case.x.shape[1] if case.arguments.get("training") else 1,
    mutates=("running_mean", "running_var"),
    workloads={
        "mobilenet_v3_training": batch(128, 72, 56, 56, weight=True, bias=True, training=True),
        "mobilenet_v3_inference": batch(256, 72, 56, 56, weight=True, bias=True, dtype="float16"),
    },
)
