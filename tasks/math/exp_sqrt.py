"""sqrt(exp(x)), element by element.

Above about 88, exp(x) overflows float32 while exp(x / 2) does not: both results are accepted, because eager overflows.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import elementwise


def reference(input, out=None):
    return input.exp().sqrt()


task = elementwise(
    reference,
    contract=any_shape("uniform(-20, -10)", "uniform(10, 20)"),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192)))},
)
