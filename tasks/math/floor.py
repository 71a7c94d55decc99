"""Largest integer that is not above x, element by element; integer tensors are copied."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import elementwise


def reference(input, out=None):
    return input.floor()


task = elementwise(
    reference,
    dtypes=("float32", "float16", "bfloat16", "int64", "int32"),
    # Denormals are left out: a GPU may flush a negative one to zero, where the result is 0 and not -1. The last fill
    # goes beyond the range of int32.
    contract=any_shape("uniform(-8, 8)", "uniform(-60000, 60000)", "normal(0, 1000000000000)", denormals=False),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192)))},
)
