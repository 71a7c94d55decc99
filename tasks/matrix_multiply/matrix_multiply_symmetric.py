"""alpha * (D @ D.T) + beta * D for D = alpha * (A @ B) + beta * C.

C is square. The documentation does not say whether C itself is updated: both are accepted.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.products import MAX_PRODUCTS, UPDATES, factors, product_task
from pytest_kernelbench.authoring.strategies import sizes, tensors


def reference(A, B, C, alpha, beta):
    updated = alpha * (A @ B) + beta * C
    return alpha * (updated @ updated.T) + beta * updated


def cases(draw, given):
    n = draw(sizes(given, 1, 34))
    m = draw(sizes(given, 1, MAX_PRODUCTS // n**2))
    return Case(
        A=draw(tensors(given, (n, m))),
        B=draw(tensors(given, (m, n))),
        C=draw(tensors(given, (n, n))),
        alpha=draw(factors()),
        beta=draw(factors()),
    )


def product(n, m, alpha=0.5, beta=2.5, dtype="float32"):
    """Return the case of an (n, m) by (m, n) product."""
    return Case(A=Tensor((n, m), dtype), B=Tensor((m, n), dtype), C=Tensor((n, n), dtype), alpha=alpha, beta=beta)


task = product_task(
    reference,
    cases,
    (
        *(product(n, m, **scalars) for n, m, scalars in UPDATES),
        product(5, 1025),
        product(65, 3, alpha=2),
        product(129, 2, alpha=-0.5, beta=-2),
    ),
    accumulation=lambda case: max(case.A.shape),
    scratch=("C",),
    workloads={"square_4096": product(4096, 4096, alpha=0.125, beta=0.5)},
)
