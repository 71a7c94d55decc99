"""Whether the sign bit of each element is set, as a bool tensor; true for -0."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.strategies import elementwise


def reference(input, out=None):
    return input.signbit()


task = elementwise(
    reference,
    elementwise=False,  # no input can hold its result
    workloads={"elements_64m": Case(input=Tensor((8192, 8192)))},
)
