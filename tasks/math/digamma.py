"""Digamma, the derivative of log(gamma(x)), element by element; -inf at 0.

Negative integers, where the function has poles, and -0 are not tested: the documentation gives them no value.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.contracts import domain
from pytest_kernelbench.authoring.families.unary import unary

ORDINARY = "uniform(0.05, 20)"
NEGATIVE = ("uniform(-0.95, -0.05)", "uniform(-7.9, -7.1)")
"""Intervals without an integer, even when their ends are rounded to bfloat16."""


def reference(input_tensor):
    return input_tensor.digamma()


task = unary(
    reference,
    ORDINARY,
    ordinary_shapes=((4, 5), (1,), (129,), (1025,), (4099,), (2, 3, 65), (2, 2, 3, 17)),
    special=(
        ((127,), NEGATIVE[0]),
        ((129,), NEGATIVE[1]),
        ((33,), "integers(0, 9)"),
        ((3, 17), "uniform(0.0001, 0.01)"),
        ((65,), "normal(1000, 0.1)"),
        ((3, 0), ORDINARY),
        ((), ORDINARY),
    ),
    # NaN is left out: its fill also draws negative numbers, some of which are integers in bfloat16.
    contract=domain(
        *NEGATIVE,
        "uniform(0.0001, 0.01)",
        "normal(1000, 0.1)",
        "constant(0)",
        "constant(1)",
        "integers(0, 2)",
        "integers(0, 200)",
    ),
    workloads={"dirichlet_topics": Case(input_tensor=Tensor((65536, 1000), fill=ORDINARY))},
)
