"""Two products in a row: C becomes alpha * (A @ B) + beta * C, then alpha * (C @ C.T) + beta * C.

The second needs a square C. Nothing documents whether the argument itself is updated: both are accepted.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import choice, numbers, sizes, tensors

MOST = 40_000
"""Products of one drawn case."""


def reference(A, B, C, alpha, beta):
    updated = alpha * (A @ B) + beta * C
    return alpha * (updated @ updated.T) + beta * updated


def cases(draw, given):
    n = draw(sizes(given, 1, 34))
    m = draw(sizes(given, 1, MOST // n**2))
    return Case(
        A=draw(tensors(given, (n, m))),
        B=draw(tensors(given, (m, n))),
        C=draw(tensors(given, (n, n))),
        alpha=draw(choice(1, 0) | numbers(-2.0, 2.0)),
        beta=draw(choice(1, 0) | numbers(-2.0, 2.0)),
    )


def product(n, m, alpha=0.5, beta=2.5, dtype="float32"):
    """Return the case of an (n, m) by (m, n) product."""
    return Case(A=Tensor((n, m), dtype), B=Tensor((m, n), dtype), C=Tensor((n, n), dtype), alpha=alpha, beta=beta)


task = Task(
    reference,
    cases,
    spine=(
        product(16, 24),
        product(1, 1),
        product(7, 5, alpha=-1.25, beta=0.75),
        product(17, 33, alpha=1, beta=1),
        product(33, 8),
        product(9, 7, alpha=0.0),
        product(9, 7, beta=0.0),
        product(5, 1025),
        product(65, 3, alpha=2),
        product(129, 2, alpha=-0.5, beta=-2),
    ),
    contract=Contract(nan=False, inf=False),
    accumulation=lambda case: max(case.A.shape),
    tf32=True,
    scratch=("C",),
    workloads={"square_4096": product(4096, 4096, alpha=0.125, beta=0.5)},
)
