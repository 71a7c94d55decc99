"""Cosine, cos(x), element by element; NaN for infinities."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import elementwise


def reference(input_tensor):
    return input_tensor.cos()


task = elementwise(
    reference,
    contract=any_shape("uniform(-10000, 10000)"),
    workloads={"rotary_angles": Case(input_tensor=Tensor((131072, 128), fill="uniform(0, 131072)"))},
)
