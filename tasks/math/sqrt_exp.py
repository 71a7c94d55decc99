"""exp(sqrt(x)), element by element; NaN below zero."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import any_shape
from pytest_kernelbench.authoring.families.unary import unary

ORDINARY = "uniform(0, 10)"


def reference(input, out=None):
    return input.sqrt().exp()


task = unary(
    reference,
    ORDINARY,
    special=(
        ((33,), "uniform(0, 0.001)"),
        ((65,), "uniform(0, 100)"),
        # The facet `values` does not replace this fill: half of it stays below zero.
        ((63,), "normal(0, 3)"),
        ((3, 0), ORDINARY),
        ((), ORDINARY),
    ),
    # Denormals are left out: a GPU may flush a negative one to zero, where the result is 1 and not NaN.
    contract=any_shape("uniform(0, 0.001)", "uniform(0, 100)", denormals=False),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill=ORDINARY))},
)
