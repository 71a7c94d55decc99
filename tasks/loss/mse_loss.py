"""Squared error (input - target)^2, element by element, averaged or summed on request."""

from __future__ import annotations

from pytest_kernelbench.authoring.families.losses import error_loss, pair


def reference(input, target, reduction="mean"):
    import torch

    return torch.nn.functional.mse_loss(input, target, reduction=reduction)


task = error_loss(
    reference,
    (
        pair(4, 5),
        pair(1),
        pair(129, reduction="sum"),
        pair(1025),
        pair(3, 127),
        pair(7, 33, reduction="none"),
        pair(2, 3, 65, reduction="none"),
        pair(2, 2, 3, 17, reduction="sum"),
        pair(4099),
        pair(2049, reduction="none"),
        pair(),
        pair(2, 0, 3, reduction="none"),
        pair(0, reduction="sum"),
    ),
    workloads={
        "latent_diffusion_noise": pair(1024, 4, 64, 64, dtype="float16"),
        "masked_autoencoder_pixels": pair(256, 147, 768, dtype="float32"),
    },
)
