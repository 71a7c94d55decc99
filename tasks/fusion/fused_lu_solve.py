"""Solution x of A x = b for one right-hand side, through the pivoted LU factors of A.

As documented, A x = b holds; the shipped reference leaves the permutation out.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.families.matrices import linear_system
from pytest_kernelbench.authoring.strategies import choice, sizes, tensors


def reference(A, b):
    from torch.linalg import lu_factor, lu_solve

    return lu_solve(*lu_factor(A), b.unsqueeze(-1)).squeeze(-1)


def cases(draw, given):
    n = draw(sizes(given, 1, 33))
    fill = draw(choice("nonsingular", "small_pivots(0)", "small_pivots(1e-7)"))
    return Case(A=draw(tensors(given, (n, n), fill=fill)), b=draw(tensors(given, (n,))))


def system(n, fill="nonsingular"):
    """Return the case of n equations."""
    return Case(A=Tensor((n, n), fill=fill), b=Tensor((n,)))


task = linear_system(
    reference,
    cases,
    (
        *(system(n) for n in (8, 1, 2, 3, 7, 16, 17, 32, 33, 40, 65)),
        system(5, "small_pivots(0)"),
        system(9, "small_pivots(1e-7)"),
    ),
    dtypes=("float32", "float64"),
    workloads={"boundary_elements_2k": system(2048)},
)
