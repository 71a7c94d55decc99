"""Integer part of x, rounded towards zero, element by element; integer tensors are copied."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import elementwise


def reference(input, out=None):
    return input.trunc()


task = elementwise(
    reference,
    dtypes=("float32", "float16", "bfloat16", "int64", "int32"),
    # The last fill goes beyond the range of int32.
    contract=any_shape("uniform(-8, 8)", "uniform(-60000, 60000)", "normal(0, 1000000000000)"),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192)))},
)
