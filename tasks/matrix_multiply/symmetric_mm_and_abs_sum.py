"""Sum of the absolute values of alpha * (A @ A.T) + beta * C.

Nothing documents whether the sum of matrices is written back to C: both are accepted.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import choice, numbers, sizes, tensors

MOST = 40_000
"""Products of one drawn case."""


def reference(A, C, alpha, beta):
    return (alpha * (A @ A.T) + beta * C).abs().sum()


def cases(draw, given):
    n = draw(sizes(given, 1, 32 if given.facet != "sizes" else 64))
    m = draw(sizes(given, 1, MOST // n**2))
    return Case(
        A=draw(tensors(given, (n, m))),
        C=draw(tensors(given, (n, n))),
        alpha=draw(choice(1, 0) | numbers(-2.0, 2.0)),
        beta=draw(choice(1, 0) | numbers(-2.0, 2.0)),
    )


def product(n, m, alpha=0.5, beta=2.5, dtype="float32"):
    """Return the case of an (n, m) matrix."""
    return Case(A=Tensor((n, m), dtype), C=Tensor((n, n), dtype), alpha=alpha, beta=beta)


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
        product(3, 2049),
        product(65, 5, alpha=2),
        product(129, 2, alpha=-0.5, beta=-2),
    ),
    contract=Contract(nan=False, inf=False),
    accumulation=lambda case: max(case.A.shape[1], case.C.numel),
    tf32=True,
    scratch=("C",),
    workloads={"gram_matrix_8192": product(8192, 4096, dtype="bfloat16", alpha=0.125, beta=0.5)},
)
