"""Polygamma function, the n-th derivative of digamma, element by element, for n >= 0.

Zero and the negative integers, where the function has poles, are not tested: the documentation gives them no value.

`out` is written as documented; the shipped reference ignores it.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import domain
from pytest_kernelbench.authoring.strategies import choice, shapes, tensors

ORDINARY = "uniform(0.2, 10)"
NEGATIVE = ("uniform(-0.95, -0.05)", "uniform(-3.9, -3.1)")
"""Intervals without an integer, even when their ends are rounded to bfloat16."""


def reference(n, input, *, out=None):
    return input.polygamma(n)


def cases(draw, given):
    fill = None if given.facet == "values" else ORDINARY
    return Case(n=draw(choice(1, 2, 0, 3, 4, 5)), input=draw(tensors(given, draw(shapes(given, 1, 4)), fill=fill)))


task = Task(
    reference,
    cases,
    fixed_cases=tuple(
        Case(n=n, input=Tensor(shape, fill=fill))
        for n, shape, fill in (
            (1, (4, 5), ORDINARY),
            (0, (1,), ORDINARY),
            (2, (129,), ORDINARY),
            (1, (1025,), ORDINARY),
            (3, (3, 127), ORDINARY),
            (0, (2, 3, 65), ORDINARY),
            (4, (2, 2, 3, 17), ORDINARY),
            (5, (33,), ORDINARY),
            (1, (0,), ORDINARY),
            (2, (2, 0, 3), ORDINARY),
            (1, (), ORDINARY),
            (2, (129,), "uniform(20, 1000)"),
            (9, (65,), "uniform(1, 4)"),
            (1, (65,), NEGATIVE[0]),
            (2, (65,), NEGATIVE[1]),
            (1, (4099,), ORDINARY),
        )
    ),
    contract=domain(
        *NEGATIVE,
        "uniform(0.5, 1)",
        "uniform(2, 5)",
        "uniform(10, 20)",
        "uniform(20, 1000)",
        "uniform(0.01, 0.2)",
        "constant(1)",
        "integers(1, 20)",
    ),
    elementwise=True,
    workloads={"dirichlet_fisher_information": Case(n=1, input=Tensor((65536, 1000), fill=ORDINARY))},
)
