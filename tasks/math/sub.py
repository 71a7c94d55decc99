"""input - alpha * other, with PyTorch's type promotion; other is a number or a tensor that broadcasts.

The shipped reference multiplies by alpha first, which changes the promotion.
"""

from __future__ import annotations

from pytest_kernelbench.authoring.families.broadcasting import operands, scaled_sum


def reference(input, other, *, alpha=1, out=None):
    import torch

    return torch.sub(input, other, alpha=alpha)


task = scaled_sum(
    reference,
    lengths=(127, 129),
    # PyTorch does not subtract bools.
    bools=False,
    workloads={
        "imagenet_mean": operands((256, 3, 224, 224), (3, 1, 1)),
        "diffusion_noise": operands((64, 4, 512, 512), (64, 4, 512, 512), ("float16", "float16"), alpha=0.5),
    },
)
