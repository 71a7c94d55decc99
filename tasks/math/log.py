"""Natural logarithm, element by element; -inf at zero and NaN below it."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import elementwise

ORDINARY = "uniform(0.01, 10)"


def reference(input, out=None):
    return input.log()


task = elementwise(
    reference,
    fill=ORDINARY,
    # Without denormals: a GPU may flush them to zero, and then the result is -inf.
    contract=Contract(
        values=(
            *(fill for fill in VALUE_FILLS if fill != "denormals"),
            "normal(0, 1)",
            "uniform(0.9, 1.1)",
            "uniform(0.001, 0.01)",
            "uniform(0, 60000)",
        ),
        empty=True,
        zero_dim=True,
    ),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill=ORDINARY))},
)
