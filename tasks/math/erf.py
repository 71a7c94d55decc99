"""Error function, erf(x), element by element."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.strategies import elementwise


def reference(input_tensor):
    return input_tensor.erf()


task = elementwise(
    reference,
    workloads={"elements_64m": Case(input_tensor=Tensor((8192, 8192)))},
)
