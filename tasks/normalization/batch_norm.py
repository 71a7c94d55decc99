"""Batch normalisation of each channel: (x - mean) / sqrt(variance + eps) * weight + bias.

Training uses the statistics of the batch and updates the running ones. The shipped test never looks at the running
statistics; here their values after the call count.
"""

from __future__ import annotations

from pytest_kernelbench.authoring.families.batch_norm import batch, batch_norm


def reference(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05):
    import torch

    return torch.nn.functional.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


task = batch_norm(
    reference,
    (
        batch(4, 3, 5, 6),
        batch(8, 5, 6, 7, weight=True, bias=True, training=True),
        batch(3, 4, 5, 6, weight=True, bias=True),
        batch(33, 17, training=True),
        batch(2, 7, 129, training=True, momentum=0.3),
        batch(1, 2, 131, training=True, weight=True),
        batch(2, 3, 2, 3, 5, weight=True, bias=True, eps=1e-3),
        batch(1, 1, 2, 1, training=True),
        batch(2, 130, 3, 3, weight=True, bias=True, training=True),
        batch(1, 2, 41, 25, training=True),
        batch(2, 6, 3, 6, weight=True, training=True, momentum=1.0),
        batch(5, 3, 1025, bias=True, training=True, eps=0.1, momentum=0.0),
    ),
    workloads={
        "resnet50_stage1_training": batch(64, 256, 56, 56, weight=True, bias=True, training=True),
        "resnet50_stage1_inference": batch(128, 256, 56, 56, weight=True, bias=True, dtype="float16"),
    },
)
