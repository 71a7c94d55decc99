"""Solution x of A x = b for one or more right-hand sides, through the Cholesky factor of a positive definite A."""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.matrices import linear_system
from pytest_kernelbench.authoring.strategies import integers, sizes, tensors


def reference(A, b):
    from torch.linalg import cholesky

    return b.cholesky_solve(cholesky(A))


def cases(draw, given):
    n, k = draw(sizes(given, 1, 33)), draw(integers(1, 9))
    return Case(A=draw(tensors(given, (n, n), fill="positive_definite")), b=draw(tensors(given, (n, k))))


def system(n, k):
    """Return the case of n equations and k right-hand sides."""
    return Case(A=Tensor((n, n), fill="positive_definite"), b=Tensor((n, k)))


task = linear_system(
    reference,
    cases,
    (
        system(8, 3),
        system(1, 1),
        system(2, 1),
        system(5, 16),
        system(3, 129),
        system(4, 1030),
        system(16, 1),
        system(17, 4),
        system(33, 2),
        system(65, 1),
        system(40, 1),
    ),
    dtypes=("float32", "float64"),
    workloads={"gaussian_process_2k": system(2048, 64)},
)
