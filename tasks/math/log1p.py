"""log(1 + x), element by element, accurate where x is small."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import elementwise


def reference(input, out=None):
    return input.log1p()


task = elementwise(
    reference,
    contract=any_shape("normal(0, 1e-6)", "normal(0, 1e-9)", "uniform(-1, -0.9)", "uniform(0, 60000)"),
    workloads={"single_cell_counts": Case(input=Tensor((65536, 2000), fill="uniform(0, 50)"))},
)
