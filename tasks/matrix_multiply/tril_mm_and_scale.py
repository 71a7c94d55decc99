"""The lower triangle of a square matrix times a matrix, scaled by alpha and then by beta."""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import numbers, sizes, tensors

MOST = 40_000
"""Products of one drawn case."""


def reference(A, B, alpha, beta):
    return beta * (alpha * (A.tril() @ B))


def cases(draw, given):
    size = draw(sizes(given, 1, 80))
    columns = draw(sizes(given, 1, min(160, MOST // size**2)))
    return Case(
        A=draw(tensors(given, (size, size))),
        B=draw(tensors(given, (size, columns))),
        alpha=draw(numbers(-2.0, 2.0)),
        beta=draw(numbers(-2.0, 2.0)),
    )


def product(size, columns, alpha=0.5, beta=2.5):
    """Return the case of a square matrix of one size."""
    return Case(A=Tensor((size, size)), B=Tensor((size, columns)), alpha=alpha, beta=beta)


task = Task(
    reference,
    cases,
    spine=(
        product(16, 24),
        product(1, 1),
        product(1, 130),
        product(17, 1),
        product(33, 65, alpha=-1.25, beta=0.75),
        product(64, 16, alpha=1.0, beta=1.0),
        product(65, 17),
        product(9, 7, alpha=0.0),
        product(9, 7, beta=0.0),
        product(129, 5),
        product(3, 6001),
        product(9, 7, alpha=-3, beta=-2),
    ),
    contract=Contract(nan=False, inf=False),
    accumulation=lambda case: case.A.shape[-1],
    tf32=True,
    workloads={
        "causal_linear_attention": Case(
            A=Tensor((8192, 8192), "float16"), B=Tensor((8192, 128), "float16"), alpha=0.125, beta=1.0
        ),
    },
)
