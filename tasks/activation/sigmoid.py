"""Logistic sigmoid, 1 / (1 + exp(-x)), element by element."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.strategies import elementwise


def reference(input, out=None):
    return input.sigmoid()


task = elementwise(
    reference,
    workloads={"llama_7b_gate": Case(input=Tensor((4096, 11008), "float16"))},
)
