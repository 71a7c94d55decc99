"""Batch normalisation of each channel of vectors or sequences, then the sigmoid; training moves running statistics."""

from __future__ import annotations

import math

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, numbers, shapes, tensors

VARIANCES = "uniform(0.5, 2)"


def reference(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    from torch.nn.functional import batch_norm

    return batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps).sigmoid()


def cases(draw, given):
    shape = draw(shapes(given, 2, 3))
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


def batch(*shape, weight=False, bias=False, dtype="float32", **options):
    """Return the case of an input of the shape with parameters for its channels."""
    channels = (shape[1],)
    return Case(
        input=Tensor(shape, dtype),
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
        batch(8, 5, 9),
        batch(16, 6, weight=True, bias=True, training=True),
        batch(7, 5, weight=True, bias=True),
        batch(4, 6, 33, training=True),
        batch(2, 7, 129, weight=True, bias=True, training=True, momentum=0.3),
        batch(33, 17, training=True, eps=1e-3),
        batch(1, 1, 1),
        batch(1, 3),
        batch(5, 130, 3, weight=True, training=True),
        batch(6, 6, 6, bias=True, training=True, momentum=1.0),
        batch(1025, 2, training=True),
        batch(2, 2, 1030, weight=True, bias=True, training=True),
        batch(1, 3, 1025, bias=True, training=True, eps=0.1, momentum=0.0),
    ),
    contract=Contract(inf=False),
    accumulation=lambda case: case.input.numel // case.input.shape[1] if case.arguments.get("training") else 1,
    mutates=("running_mean", "running_var"),
    workloads={
        "speech_encoder_training": batch(32, 512, 4096, weight=True, bias=True, training=True),
        "speech_encoder_inference": batch(64, 512, 4096, weight=True, bias=True, dtype="float16"),
        "recommender_features": batch(65536, 1024, weight=True, bias=True, training=True),
    },
)
