"""Arcsine, asin(x), element by element; NaN outside [-1, 1]."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import elementwise

ORDINARY = "uniform(-1, 1)"


def reference(input_tensor):
    return input_tensor.asin()


task = elementwise(
    reference,
    fill=ORDINARY,
    contract=any_shape("normal(0, 1)", "uniform(-0.1, 0.1)", "uniform(0.9, 1)", "uniform(-1, -0.9)"),
    workloads={"elements_64m": Case(input_tensor=Tensor((8192, 8192), fill=ORDINARY))},
)
