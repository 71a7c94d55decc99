"""Dot product of the first two rows of alpha * (A @ B) + beta * C.

The documentation does not say whether the sum is written back to C: both are accepted.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.products import MAX_PRODUCTS, factors, product_task
from pytest_kernelbench.authoring.strategies import sizes, tensors


def reference(A, B, alpha, beta, C):
    import torch

    updated = alpha * (A @ B) + beta * C
    return torch.dot(updated[0], updated[1])


def cases(draw, given):
    n = draw(sizes(given, 2, 33))
    p = draw(sizes(given, 1, 160))
    m = draw(sizes(given, 1, max(1, MAX_PRODUCTS // (n * p))))
    return Case(
        A=draw(tensors(given, (n, m))),
        B=draw(tensors(given, (m, p))),
        alpha=draw(factors()),
        beta=draw(factors()),
        C=draw(tensors(given, (n, p))),
    )


def product(n, m, p, alpha=0.5, beta=2.5, dtype="float32"):
    """Return the case of an (n, m) by (m, p) product."""
    return Case(A=Tensor((n, m), dtype), B=Tensor((m, p), dtype), alpha=alpha, beta=beta, C=Tensor((n, p), dtype))


def needed(case):
    """Return flops and bytes of the two rows that count: those of A, B and those of C."""
    (n, _), (m, p) = case.A.shape, case.B.shape
    return 2 * 2 * m * p, 2 * (case.A.nbytes + case.C.nbytes) // n + case.B.nbytes


task = product_task(
    reference,
    cases,
    (
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
    accumulation=lambda case: max(case.B.shape),
    scratch=("C",),
    # The reference computes the whole product.
    flops_and_bytes=needed,
    workloads={"square_8192": product(8192, 8192, 8192, alpha=0.125, beta=1.0, dtype="float16")},
)
