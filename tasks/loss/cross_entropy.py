"""Cross entropy of logits and target classes, -weight[y] * log_softmax(x)[y], without the targets to ignore.

The mean divides by the sum of the weights of the other targets; where there are none, it is 0 / 0, which is NaN.
"""

from __future__ import annotations

from pytest_kernelbench.authoring.families.losses import class_loss, logits, reduced_losses


def reference(input, target, weight=None, ignore_index=-100, reduction="mean"):
    import torch

    return torch.nn.functional.cross_entropy(
        input, target, weight=weight, ignore_index=ignore_index, reduction=reduction
    )


def longest_sum(case):
    """Return the longer of the sums over the classes and over the losses."""
    return max(case.input.shape[1], reduced_losses(case, "target"))


task = class_loss(
    reference,
    (
        logits((2, 2049), weighted=True, reduction="none"),
        logits((2, 6, 5, 7), weighted=True, reduction="none", ignore_index=2),
        logits((1025, 4), ignore_index=1),
        logits((40, 6), target="integers(-1, 6)", weighted=True, ignore_index=-1),
        logits((12, 6), target="integers(5, 6)", weighted=True, ignore_index=3, reduction="sum"),
        logits((3, 5, 33), target="integers(-1, 5)", ignore_index=-1, reduction="sum"),
        logits((2, 3, 2, 3, 5), weighted=True, reduction="sum"),
        logits((6, 4), target="constant(2)", ignore_index=2),
        logits((6, 4), target="constant(-100)", reduction="none"),
    ),
    accumulation=longest_sum,
    # Masked lanes past the end of a row must not win where the whole row is low: they are -inf, and not -1e9.
    value_cases=(
        logits((8, 5), fill="uniform(-2e10, -1e10)", reduction="none"),
        logits((3, 1025), fill="uniform(-2e10, -1e10)"),
    ),
    workloads={
        "llama_3_vocabulary": logits((8192, 128256), "bfloat16"),
        "cityscapes_segmentation": logits((4, 19, 512, 1024), "float16", target="integers(-1, 19)", ignore_index=-1),
    },
)
