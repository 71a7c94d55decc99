"""Reciprocal square root, 1 / sqrt(x), element by element; infinite at zero, with the zero's sign, and NaN below it."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import elementwise

ORDINARY = "uniform(0.01, 10)"


def reference(input, out=None):
    return input.rsqrt()


task = elementwise(
    reference,
    fill=ORDINARY,
    # Denormals are left out: a GPU may flush them to zero, where the result is inf.
    contract=any_shape("normal(0, 1)", "uniform(0.00001, 0.001)", "uniform(0, 60000)", denormals=False),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill=ORDINARY))},
)
