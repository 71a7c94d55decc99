"""Complementary error function and square root of the same input, as a pair; the root is NaN below zero.

The complement has digits of its own where it is small: 1 - erf(x) has lost them between 3 and 4.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import elementwise

ORDINARY = "uniform(0, 3)"


def reference(input):
    return input.erfc(), input.sqrt()


task = elementwise(
    reference,
    fill=ORDINARY,
    # Without denormals: a GPU may flush them to zero, whose root is far from theirs, or NaN where they are negative.
    contract=Contract(
        values=(
            *(fill for fill in VALUE_FILLS if fill != "denormals"),
            "normal(0, 1)",
            "uniform(3, 4)",
            "uniform(-4, 0)",
            "uniform(0, 0.001)",
            "uniform(0, 10000)",
        ),
        empty=True,
        zero_dim=True,
    ),
    # Not replaced by other fills, so that half of it stays below zero.
    keywords=({"input": Tensor((1023,), fill="normal(0, 2)")},),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill=ORDINARY))},
)
