"""Dot product of the first two rows of alpha * (A @ B) + beta * C.

Nothing documents whether the sum is written back to C: both are accepted.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import choice, numbers, sizes, tensors

MOST = 40_000
"""Products of one drawn case."""


def reference(A, B, alpha, beta, C):
    import torch

    updated = alpha * (A @ B) + beta * C
    return torch.dot(updated[0], updated[1])


def cases(draw, given):
    n = draw(sizes(given, 2, 33))
    p = draw(sizes(given, 1, 160))
    m = draw(sizes(given, 1, max(1, MOST // (n * p))))
    return Case(
        A=draw(tensors(given, (n, m))),
        B=draw(tensors(given, (m, p))),
        alpha=draw(choice(1, 0) | numbers(-2.0, 2.0)),
        beta=draw(choice(1, 0) | numbers(-2.0, 2.0)),
        C=draw(tensors(given, (n, p))),
    )


def product(n, m, p, alpha=0.5, beta=2.5, dtype="float32"):
    """Return the case of an (n, m) by (m, p) product."""
    return Case(A=Tensor((n, m), dtype), B=Tensor((m, p), dtype), alpha=alpha, beta=beta, C=Tensor((n, p), dtype))


task = Task(
    reference,
    cases,
    spine=(
        product(16, 24, 32),
        product(2, 1, 1),
        product(2, 7, 5, alpha=-1.25, beta=0.75),
        product(33, 17, 65, alpha=1, beta=1),
        product(3, 5, 9, alpha=0.0, beta=1.5),
        product(3, 5, 9, beta=0.0),
        product(5, 6, 129),
        product(2, 1025, 3),
        product(2, 3, 2049, alpha=2),
        product(130, 4, 7, alpha=-3, beta=-2),
    ),
    contract=Contract(nan=False, inf=False),
    accumulation=lambda case: max(case.B.shape),
    tf32=True,
    scratch=("C",),
    workloads={"square_8192": product(8192, 8192, 8192, alpha=0.125, beta=1.0, dtype="float16")},
)
