"""Cosine, element by element; NaN of infinities."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import elementwise


def reference(input_tensor):
    return input_tensor.cos()


task = elementwise(
    reference,
    contract=Contract(values=(*VALUE_FILLS, "uniform(-10000, 10000)"), empty=True, zero_dim=True),
    workloads={"rotary_angles": Case(input_tensor=Tensor((131072, 128), fill="uniform(0, 131072)"))},
)
