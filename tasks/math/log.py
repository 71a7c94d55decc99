"""Natural logarithm, log(x), element by element; -inf at zero and NaN below it."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import elementwise

ORDINARY = "uniform(0.01, 10)"


def reference(input, out=None):
    return input.log()


task = elementwise(
    reference,
    fill=ORDINARY,
    # Denormals are left out: a GPU may flush them to zero, where the result is -inf.
    contract=any_shape(
        "normal(0, 1)", "uniform(0.9, 1.1)", "uniform(0.001, 0.01)", "uniform(0, 60000)", denormals=False
    ),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill=ORDINARY))},
)
