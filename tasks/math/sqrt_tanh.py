"""tanh(sqrt(x)), element by element; NaN below zero.

`out` is written as documented; the shipped reference ignores it.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.strategies import elementwise

ORDINARY = "uniform(0, 4)"


def reference(input, out=None):
    return input.sqrt().tanh()


task = elementwise(
    reference,
    fill=ORDINARY,
    # Denormals are left out: a GPU may flush them to zero, whose root differs much from theirs.
    contract=any_shape("normal(0, 1)", "uniform(0, 0.001)", "uniform(0, 10000)", denormals=False),
    # The facet `values` does not replace this fill: half of it stays below zero.
    keywords=({"input": Tensor((1023,), fill="normal(0, 3)")},),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill=ORDINARY))},
)
