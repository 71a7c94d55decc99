"""Hyperbolic tangent of the natural logarithm, tanh(log(x)), element by element; the input is positive."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.strategies import elementwise

ORDINARY = "uniform(0.1, 5)"


def reference(input, out=None):
    return input.log().tanh()


task = elementwise(
    reference,
    fill=ORDINARY,
    contract=Contract(
        values=(
            "uniform(0.0001, 0.01)",
            "uniform(0.9, 1.1)",
            "uniform(0.1, 100)",
            "normal(1000, 0.1)",
            "constant(1)",
            "integers(1, 5)",
        ),
        nan=False,
        inf=False,
        empty=True,
        zero_dim=True,
    ),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill=ORDINARY))},
)
