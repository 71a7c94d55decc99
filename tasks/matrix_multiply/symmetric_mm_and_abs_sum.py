"""Sum of the absolute values of alpha * (A @ A.T) + beta * C.

The documentation does not say whether the sum of matrices is written back to C: both are accepted.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.products import MAX_PRODUCTS, UPDATES, factors, product_task
from pytest_kernelbench.authoring.strategies import sizes, tensors


def reference(A, C, alpha, beta):
    return (alpha * (A @ A.T) + beta * C).abs().sum()


def cases(draw, given):
    n = draw(sizes(given, 1, 32 if given.facet != "sizes" else 64))
    m = draw(sizes(given, 1, MAX_PRODUCTS // n**2))
    return Case(
        A=draw(tensors(given, (n, m))),
        C=draw(tensors(given, (n, n))),
        alpha=draw(factors()),
        beta=draw(factors()),
    )


def product(n, m, alpha=0.5, beta=2.5, dtype="float32"):
    """Return the case of an (n, m) matrix."""
    return Case(A=Tensor((n, m), dtype), C=Tensor((n, n), dtype), alpha=alpha, beta=beta)


task = product_task(
    reference,
    cases,
    (
        *(product(n, m, **scalars) for n, m, scalars in UPDATES),
        product(3, 2049),
        product(65, 5, alpha=2),
        product(129, 2, alpha=-0.5, beta=-2),
    ),
    accumulation=lambda case: max(case.A.shape[1], case.C.numel),
    scratch=("C",),
    workloads={"gram_matrix_8192": product(8192, 4096, dtype="bfloat16", alpha=0.125, beta=0.5)},
)
