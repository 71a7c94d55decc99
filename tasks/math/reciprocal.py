"""Reciprocal, 1 / x, element by element; integers are promoted to the default floating dtype."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import elementwise


def reference(input, out=None):
    return input.reciprocal()


task = elementwise(
    reference,
    dtypes=("float32", "float16", "bfloat16", "int64", "int32"),
    # Without denormals: a GPU may flush them to zero, and then the result is inf.
    contract=Contract(
        values=tuple(fill for fill in VALUE_FILLS if fill != "denormals"),
        empty=True,
        zero_dim=True,
    ),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192)))},
)
