"""Scaled exponential linear unit: scale * x above zero, scale * alpha * (exp(x) - 1) below it.

The documented formula cancels for tiny negative inputs, so fills with only such inputs are left out.

As documented, the second term is at most 0; the shipped reference has the minimum with x, and twice the result above
zero.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.authoring.strategies import booleans, elementwise
from pytest_kernelbench.model.task import VALUE_FILLS


def reference(input, inplace=False):
    import torch

    return torch.nn.functional.selu(input, inplace)


task = elementwise(
    reference,
    contract=Contract(
        values=tuple(fill for fill in VALUE_FILLS if fill != "normal(0, 0.01)"), empty=True, zero_dim=True
    ),
    options=lambda draw: {"inplace": draw(booleans())},
    keywords=({"inplace": True},),
    mutates=("input",),
    workloads={"self_normalising_layer": Case(input=Tensor((32768, 2048), "float16"))},
)
