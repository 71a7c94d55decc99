"""Negative log likelihood of the target classes, -weight[y] * x[y], without the targets to ignore.

The mean divides by the sum of the weights of the other targets; where there are none, it is 0 / 0, which is NaN.
"""

from __future__ import annotations

from functools import partial

from pytest_kernelbench.authoring.families import losses

LOG_PROBABILITIES = "log_probabilities(1)"

logits = partial(losses.logits, fill=LOG_PROBABILITIES)


def reference(input, target, weight=None, ignore_index=-100, reduction="mean"):
    import torch

    return torch.nn.functional.nll_loss(input, target, weight=weight, ignore_index=ignore_index, reduction=reduction)


task = losses.class_loss(
    reference,
    (
        logits((2, 6, 5, 7), weighted=True, reduction="none", ignore_index=2),
        logits((1025, 4), ignore_index=1),
        logits((40, 6), target="integers(-1, 6)", weighted=True, ignore_index=-1),
        logits((3, 5, 33), target="integers(-1, 5)", ignore_index=-1, reduction="sum"),
        logits((2, 3, 2, 3, 5), weighted=True, reduction="sum"),
        logits((6, 4), target="constant(2)", ignore_index=2),
    ),
    fill=LOG_PROBABILITIES,
    accumulation=lambda case: losses.reduced_losses(case, "target"),
    workloads={
        "gpt2_vocabulary": logits((4096, 50257)),
        "cityscapes_segmentation": logits((4, 19, 512, 1024), "float16", target="integers(-1, 19)", ignore_index=-1),
    },
)
