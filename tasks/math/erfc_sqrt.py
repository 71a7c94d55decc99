"""The pair (erfc(x), sqrt(x)), element by element; the root is NaN below zero.

The complementary error function must keep its own digits where it is small: 1 - erf(x) loses them between 3 and 4.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import elementwise

ORDINARY = "uniform(0, 3)"


def reference(input):
    return input.erfc(), input.sqrt()


task = elementwise(
    reference,
    fill=ORDINARY,
    # Denormals are left out: a GPU may flush them to zero, whose root differs much from theirs.
    contract=any_shape(
        "normal(0, 1)",
        "uniform(3, 4)",
        "uniform(-4, 0)",
        "uniform(0, 0.001)",
        "uniform(0, 10000)",
        denormals=False,
    ),
    # The facet `values` does not replace this fill: half of it stays below zero.
    keywords=({"input": Tensor((1023,), fill="normal(0, 2)")},),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill=ORDINARY))},
)
