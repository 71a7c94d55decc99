"""Norm of alpha * (A @ x) for a symmetric matrix A.

The documented formula adds beta * y, although y is not an argument, and the shipped reference multiplies by 1 + beta.
The cases have beta = 0, for which every reading gives the same number.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.families.products import factors
from pytest_kernelbench.authoring.strategies import choice, sizes, tensors

INFINITY = float("inf")


def reference(A, x, alpha, beta, p=2.0):
    y = alpha * (A @ x)
    return (y + beta * y).norm(p)


def cases(draw, given):
    n = draw(sizes(given, 1, 64 if given.facet == "sizes" else 32))
    return Case(
        A=draw(tensors(given, (n, n), fill="symmetric")),
        x=draw(tensors(given, (n,))),
        alpha=draw(factors()),
        beta=0.0,
        p=draw(choice(2.0, 1.0, 3.0, INFINITY)),
    )


def square(n, alpha=0.5, dtype="float32", **options):
    """Return the case of a matrix of one size."""
    return Case(A=Tensor((n, n), dtype, "symmetric"), x=Tensor((n,), dtype), alpha=alpha, beta=0.0, **options)


task = Task(
    reference,
    cases,
    fixed_cases=(
        square(24),
        square(1),
        square(7, alpha=-1.25),
        square(17, p=1.0),
        square(33, p=INFINITY),
        square(16, p=3.0),
        square(9, alpha=0.0),
        square(64, alpha=2),
        square(65, p=1.5),
        square(129),
        square(257, alpha=-0.125, p=1.0),
    ),
    # The layout `expanded` is left out: a matrix of equal rows is not symmetric.
    contract=Contract(layouts=("contiguous", "transposed", "strided", "offset"), nan=False, inf=False),
    accumulation=lambda case: case.x.shape[0],
    workloads={"square_16384": square(16384)},
)
