"""Digamma, the derivative of log(gamma(x)), element by element; -inf at 0.

Negative integers, where the function has poles, and -0 are outside the contract: the documentation gives them no value.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import shapes, tensors

ORDINARY = "uniform(0.05, 20)"
NEGATIVE = ("uniform(-0.95, -0.05)", "uniform(-7.9, -7.1)")
"""Intervals without an integer, even when their ends are rounded to bfloat16."""


def reference(input_tensor):
    return input_tensor.digamma()


def cases(draw, given):
    fill = None if given.facet == "values" else ORDINARY
    return Case(input_tensor=draw(tensors(given, draw(shapes(given, 1, 4)), fill=fill)))


task = Task(
    reference,
    cases,
    spine=tuple(
        Case(input_tensor=Tensor(shape, fill=fill))
        for shape, fill in (
            ((4, 5), ORDINARY),
            ((1,), ORDINARY),
            ((129,), ORDINARY),
            ((1025,), ORDINARY),
            ((4099,), ORDINARY),
            ((2, 3, 65), ORDINARY),
            ((2, 2, 3, 17), ORDINARY),
            ((127,), NEGATIVE[0]),
            ((129,), NEGATIVE[1]),
            ((33,), "integers(0, 9)"),
            ((3, 17), "uniform(0.0001, 0.01)"),
            ((65,), "normal(1000, 0.1)"),
        )
    ),
    # Without nan: that fill draws negative numbers too, and in bfloat16 some of those are integers.
    contract=Contract(
        values=(
            *NEGATIVE,
            "uniform(0.0001, 0.01)",
            "normal(1000, 0.1)",
            "constant(0)",
            "constant(1)",
            "integers(0, 2)",
            "integers(0, 200)",
        ),
        nan=False,
        inf=False,
        empty=True,
        zero_dim=True,
    ),
    workloads={"dirichlet_topics": Case(input_tensor=Tensor((65536, 1000), fill=ORDINARY))},
)
