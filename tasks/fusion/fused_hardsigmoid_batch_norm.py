"""Hard sigmoid of the batch normalisation of each channel; training updates the running statistics.

`inplace` has no visible effect: it may overwrite the normalised tensor, not `x`.
"""

from __future__ import annotations

from pytest_kernelbench.authoring.families import batch_norm as family
from pytest_kernelbench.authoring.strategies import booleans


def reference(
    x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5, inplace=False
):
    from torch.nn.functional import batch_norm, hardsigmoid

    normalised = batch_norm(x, running_mean, running_var, weight, bias, training, momentum, eps)
    return hardsigmoid(normalised, inplace=inplace)


def batch(*shape, **options):
    """Return the case of an input of the shape with parameters for its channels."""
    return family.batch(*shape, first="x", **options)


task = family.batch_norm(
    reference,
    (
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
    options=lambda draw: {"inplace": draw(booleans())},
    workloads={
        "mobilenet_v3_training": batch(128, 72, 56, 56, weight=True, bias=True, training=True),
        "mobilenet_v3_inference": batch(256, 72, 56, 56, weight=True, bias=True, dtype="float16"),
    },
)
