"""Solution of A x = b for one right-hand side, through the pivoted LU factors of A.

As documented A x = b holds; the shipped reference leaves the permutation out.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS
from pytest_kernelbench.strategies import sizes, tensors


def reference(A, b):
    from torch.linalg import lu_factor, lu_solve

    return lu_solve(*lu_factor(A), b.unsqueeze(-1)).squeeze(-1)


def cases(draw, given):
    n = draw(sizes(given, 1, 33))
    return Case(A=draw(tensors(given, (n, n), fill="nonsingular")), b=draw(tensors(given, (n,))))


def system(n):
    """Return the case of n equations."""
    return Case(A=Tensor((n, n), fill="nonsingular"), b=Tensor((n,)))


task = Task(
    reference,
    cases,
    spine=tuple(system(n) for n in (8, 1, 2, 3, 7, 16, 17, 32, 33, 40)),
    dtypes=("float32", "float64"),
    contract=Contract(
        layouts=("contiguous", "transposed", "strided", "offset"),
        values=tuple(fill for fill in VALUE_FILLS if fill != "denormals"),
        nan=False,
        inf=False,
    ),
    compare="residual",
    accumulation=lambda case: case.A.shape[-1],
    workloads={"boundary_elements_2k": system(2048)},
)
