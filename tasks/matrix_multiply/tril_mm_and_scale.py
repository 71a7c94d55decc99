"""beta * (alpha * (tril(A) @ B)), where A is square."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.products import MAX_PRODUCTS, product_task
from pytest_kernelbench.authoring.strategies import numbers, sizes, tensors


def reference(A, B, alpha, beta):
    return beta * (alpha * (A.tril() @ B))


def cases(draw, given):
    size = draw(sizes(given, 1, 80))
    columns = draw(sizes(given, 1, min(160, MAX_PRODUCTS // size**2)))
    return Case(
        A=draw(tensors(given, (size, size))),
        B=draw(tensors(given, (size, columns))),
        alpha=draw(numbers(-2.0, 2.0)),
        beta=draw(numbers(-2.0, 2.0)),
    )


def product(size, columns, alpha=0.5, beta=2.5):
    """Return the case of a square matrix of one size."""
    return Case(A=Tensor((size, size)), B=Tensor((size, columns)), alpha=alpha, beta=beta)


task = product_task(
    reference,
    cases,
    (
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
    accumulation=lambda case: case.A.shape[-1],
    workloads={
        "causal_linear_attention": Case(
            A=Tensor((8192, 8192), "float16"), B=Tensor((8192, 128), "float16"), alpha=0.125, beta=1.0
        ),
    },
)
