"""Absolute value, |x|, element by element."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.strategies import elementwise


def reference(input_tensor, out=None):
    return input_tensor.abs()


task = elementwise(
    reference,
    dtypes=("float32", "float16", "bfloat16", "int64", "int32"),
    workloads={"llama_7b_gradient": Case(input_tensor=Tensor((4096, 11008), "float16"))},
)
