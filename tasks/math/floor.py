"""Largest integer that is not above x, element by element; integer tensors are copied."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import elementwise


def reference(input, out=None):
    return input.floor()


task = elementwise(
    reference,
    dtypes=("float32", "float16", "bfloat16", "int64", "int32"),
    # Without denormals: a GPU may flush a negative one to zero, and then the result is 0, not -1. The last fill goes
    # beyond what an int32 holds.
    contract=Contract(
        values=(
            *(fill for fill in VALUE_FILLS if fill != "denormals"),
            "uniform(-8, 8)",
            "uniform(-60000, 60000)",
            "normal(0, 1000000000000)",
        ),
        empty=True,
        zero_dim=True,
    ),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192)))},
)
