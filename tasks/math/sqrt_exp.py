"""Exponential of the square root, exp(sqrt(x)), element by element; NaN below zero."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import shapes, tensors

ORDINARY = "uniform(0, 10)"


def reference(input, out=None):
    return input.sqrt().exp()


def cases(draw, given):
    fill = None if given.facet == "values" else ORDINARY
    return Case(input=draw(tensors(given, draw(shapes(given, 1, 4)), fill=fill)))


task = Task(
    reference,
    cases,
    spine=tuple(
        Case(input=Tensor(shape, fill=fill))
        for shape, fill in (
            ((4, 5), ORDINARY),
            ((1,), ORDINARY),
            ((129,), ORDINARY),
            ((1025,), ORDINARY),
            ((3, 127), ORDINARY),
            ((2, 3, 65), ORDINARY),
            ((2, 2, 3, 17), ORDINARY),
            ((4099,), ORDINARY),
            ((33,), "uniform(0, 0.001)"),
            ((65,), "uniform(0, 100)"),
            # Not replaced by other fills, so that half of it stays below zero.
            ((63,), "normal(0, 3)"),
        )
    ),
    # Without denormals: a GPU may flush a negative one to zero, where the result is 1, not NaN.
    contract=Contract(
        values=(*(fill for fill in VALUE_FILLS if fill != "denormals"), "uniform(0, 0.001)", "uniform(0, 100)"),
        empty=True,
        zero_dim=True,
    ),
    workloads={"elements_64m": Case(input=Tensor((8192, 8192), fill=ORDINARY))},
)
