"""Leaky rectified linear unit: x above zero, negative_slope * x below it; NaN stays NaN."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.strategies import booleans, choice, elementwise


def reference(input, negative_slope=0.01, inplace=False):
    import torch

    return torch.nn.functional.leaky_relu(input, negative_slope, inplace)


task = elementwise(
    reference,
    # A slope above 1 distinguishes the definition from max(x, slope * x).
    options=lambda draw: {"negative_slope": draw(choice(0.01, 0.2, 0.5, 3.0)), "inplace": draw(booleans())},
    keywords=(
        {"negative_slope": 0.2},
        {"negative_slope": 3.0},
        {"inplace": True},
        {"negative_slope": 0.3, "inplace": True},
    ),
    mutates=("input",),
    workloads={
        "darknet53_stage1": Case(input=Tensor((32, 64, 208, 208), "float16"), negative_slope=0.1),
        "dcgan_discriminator": Case(input=Tensor((512, 128, 32, 32), "float16"), negative_slope=0.2, inplace=True),
    },
)
