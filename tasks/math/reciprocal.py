"""Reciprocal, 1 / x, element by element; integers are promoted to the default floating dtype."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import elementwise


def reference(input, out=None):
    return input.reciprocal()


task = elementwise(
    reference,
    dtypes=("float32", "float16", "bfloat16", "int64", "int32"),
    # Denormals are left out: a GPU may flush them to zero, where the result is inf.
    contract=any_shape(denormals=False),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192)))},
)
