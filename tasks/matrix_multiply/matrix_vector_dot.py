"""Dot product of x with y after y has become alpha * (A @ x) + beta * y in place.

The shipped test looks at the number alone; here the contents of y count too. The dot product needs a square A.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import choice, numbers, sizes, tensors


def reference(A, x, y, alpha, beta):
    y.copy_(alpha * (A @ x) + beta * y)
    return y.dot(x)


def cases(draw, given):
    n = draw(sizes(given, 1, 160 if given.facet == "sizes" else 32))
    return Case(
        A=draw(tensors(given, (n, n))),
        x=draw(tensors(given, (n,))),
        y=draw(tensors(given, (n,))),
        alpha=draw(choice(1, 0) | numbers(-2.0, 2.0)),
        beta=draw(choice(1, 0) | numbers(-2.0, 2.0)),
    )


def square(n, alpha=0.5, beta=2.5, dtype="float32"):
    """Return the case of a matrix of one size."""
    return Case(A=Tensor((n, n), dtype), x=Tensor((n,), dtype), y=Tensor((n,), dtype), alpha=alpha, beta=beta)


task = Task(
    reference,
    cases,
    spine=(
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
    contract=Contract(nan=False, inf=False),
    accumulation=lambda case: case.x.shape[0],
    mutates=("y",),
    workloads={"square_16384": square(16384)},
)
