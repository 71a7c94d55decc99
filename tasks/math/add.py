"""input + alpha * other, with PyTorch's type promotion; other is a number or a tensor that broadcasts."""

from __future__ import annotations

from pytest_kernelbench.authoring.families.broadcasting import operands, scaled_sum


def reference(input, other, alpha=1, out=None):
    import torch

    return torch.add(input, other, alpha=alpha)


task = scaled_sum(
    reference,
    workloads={
        "resnet50_residual": operands((64, 256, 56, 56), (64, 256, 56, 56), ("float16", "float16")),
        "bert_large_bias": operands((64, 512, 4096), (4096,), ("float16", "float16")),
    },
)
