"""Sigmoid of the batch normalisation of vectors or sequences; training updates the running statistics."""

from __future__ import annotations

from pytest_kernelbench.authoring.families.batch_norm import batch, batch_norm


def reference(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    from torch.nn.functional import batch_norm

    return batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps).sigmoid()


task = batch_norm(
    reference,
    (
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
    max_dims=3,
    workloads={
        "speech_encoder_training": batch(32, 512, 4096, weight=True, bias=True, training=True),
        "speech_encoder_inference": batch(64, 512, 4096, weight=True, bias=True, dtype="float16"),
        "recommender_features": batch(65536, 1024, weight=True, bias=True, training=True),
    },
    aliases=("sigmoid_batch_norm",),
)
