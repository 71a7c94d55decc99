"""Rectified linear unit, max(0, x), element by element; NaN stays NaN."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.strategies import booleans, elementwise


def reference(input, inplace=False):
    return input.relu_() if inplace else input.relu()


task = elementwise(
    reference,
    options=lambda draw: {"inplace": draw(booleans())},
    keywords=({"inplace": True},),
    mutates=("input",),
    workloads={"resnet50_stage1": Case(input=Tensor((64, 256, 56, 56), "float16"))},
)
