"""Hurwitz zeta function, the sum of (k + other) ** -input over k = 0, 1, 2, ..., of tensors that broadcast, in float32.

Cases have an input above 1 and a positive other: elsewhere the sum diverges or has a term without a value.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task
from pytest_kernelbench.authoring.families.broadcasting import DEGENERATE, operands
from pytest_kernelbench.authoring.families.contracts import domain
from pytest_kernelbench.authoring.strategies import broadcast, choice, tensors

ORDINARY, OTHER = "uniform(1.1, 8)", "uniform(0.5, 10)"
BANDS = ("uniform(1.01, 1.2)", "uniform(1.1, 3)", "uniform(3, 6)", "uniform(8, 20)", "integers(2, 12)")
OTHERS = (OTHER, "constant(1)", "uniform(0.05, 1)", "uniform(10, 100)", "integers(1, 20)")


def reference(input, other, out=None):
    import torch

    return torch.special.zeta(input, other)


def cases(draw, given):
    left, right = draw(broadcast(given))
    return Case(
        input=draw(tensors(given, left, fill=None if given.facet == "values" else ORDINARY)),
        other=draw(tensors(given, right, fill=draw(choice(*OTHERS)))),
    )


def pair(left, right, fill=ORDINARY, other=OTHER):
    """Return the case of two shapes."""
    return operands(left, right, fills=(fill, other))


task = Task(
    reference,
    cases,
    fixed_cases=(
        pair((4, 5), (4, 5)),
        pair((1,), (1,)),
        pair((129,), (129,)),
        pair((1025,), (1025,), other="constant(1)"),
        pair((3, 127), (3, 127)),
        pair((2, 3, 65), (65,)),
        pair((1, 7), (5, 1)),
        pair((2, 1, 3, 17), (4, 1, 17)),
        pair((17,), (3, 5, 17)),
        pair((3, 127), ()),
        *(pair(*shapes) for shapes in DEGENERATE),
        pair((129,), (129,), "uniform(1.01, 1.2)"),
        pair((129,), (129,), "integers(2, 12)", "uniform(0.05, 1)"),
        pair((129,), (129,), "uniform(1.1, 3)", "uniform(10, 100)"),
        pair((2, 3, 65), (2, 3, 65)),
        pair((4099,), (1,)),
    ),
    dtypes=("float32",),
    contract=domain(*BANDS),
    elementwise=True,
    workloads={"zipf_normalisers": pair((4096, 4096), (4096, 4096), "uniform(1.1, 3)", "constant(1)")},
)
