"""Arcsine, element by element; NaN outside of [-1, 1]."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import elementwise

ORDINARY = "uniform(-1, 1)"


def reference(input_tensor):
    return input_tensor.asin()


task = elementwise(
    reference,
    fill=ORDINARY,
    contract=Contract(
        values=(*VALUE_FILLS, "normal(0, 1)", "uniform(-0.1, 0.1)", "uniform(0.9, 1)", "uniform(-1, -0.9)"),
        empty=True,
        zero_dim=True,
    ),
    workloads={"elements_64m": Case(input_tensor=Tensor((8192, 8192), fill=ORDINARY))},
)
