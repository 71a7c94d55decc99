"""Smooth L1 loss of the error e: e^2 / (2 * beta) where |e| < beta, and |e| - beta / 2 elsewhere.

With beta = 0 the loss is |e|.
"""

from __future__ import annotations

from pytest_kernelbench.authoring.families.losses import error_loss, pair
from pytest_kernelbench.authoring.strategies import choice


def reference(input, target, beta=1.0, reduction="mean"):
    import torch

    return torch.nn.functional.smooth_l1_loss(input, target, beta=beta, reduction=reduction)


task = error_loss(
    reference,
    (
        pair(4, 5),
        pair(1),
        pair(129, reduction="sum"),
        pair(1025),
        pair(3, 127, beta=0.5),
        pair(7, 33, beta=2.5, reduction="none"),
        pair(2, 3, 65, reduction="none"),
        pair(2, 2, 3, 17, beta=0.0, reduction="none"),
        pair(4099, reduction="sum", beta=0.5),
        pair(33, beta=0.0),
        pair(),
        pair(beta=0.5, reduction="none"),
    ),
    options=lambda draw: {"beta": draw(choice(1.0, 0.5, 2.5, 0.0))},
    workloads={"nyu_depth_maps": pair(64, 1, 480, 640)},
)
