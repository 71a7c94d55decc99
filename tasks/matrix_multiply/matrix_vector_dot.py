"""Dot product of x with alpha * (A @ x) + beta * y, which is also written to y.

A is square. The shipped test compares only the number; here the contents of y count too.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.authoring.families.contracts import FINITE
from pytest_kernelbench.authoring.families.products import factors
from pytest_kernelbench.authoring.strategies import sizes, tensors


def reference(A, x, y, alpha, beta):
    y.copy_(alpha * (A @ x) + beta * y)
    return y.dot(x)


def cases(draw, given):
    n = draw(sizes(given, 1, 160 if given.facet == "sizes" else 32))
    return Case(
        A=draw(tensors(given, (n, n))),
        x=draw(tensors(given, (n,))),
        y=draw(tensors(given, (n,))),
        alpha=draw(factors()),
        beta=draw(factors()),
    )


def square(n, alpha=0.5, beta=2.5, dtype="float32"):
    """Return the case of a matrix of one size."""
    return Case(A=Tensor((n, n), dtype), x=Tensor((n,), dtype), y=Tensor((n,), dtype), alpha=alpha, beta=beta)


task = Task(
    reference,
    cases,
    fixed_cases=(
        square(24),
        square(1),
        square(17, alpha=-1.25, beta=0.75),
        square(33, alpha=1, beta=1),
        square(9, alpha=0.0),
        square(9, beta=0.0),
        square(64, alpha=2, beta=-3),
        square(65),
        square(129),
        square(257, alpha=0.125, beta=0.5),
    ),
    contract=FINITE,
    accumulation=lambda case: case.x.shape[0],
    mutates=("y",),
    workloads={"square_16384": square(16384)},
)
