"""Determinant of square matrices through their QR decomposition: det(Q) times the product of the diagonal of R.

As documented, the result is the determinant; the product of the diagonal alone differs from it by a factor of modulus
1. The mode `r`, which gives no Q, is not tested.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task
from pytest_kernelbench.authoring.families.matrices import grows_with_size, square_matrices
from pytest_kernelbench.authoring.strategies import choice, tensors
from pytest_kernelbench.authoring.strategies.linalg import LINALG, LINALG_DTYPES, squares


def reference(A, *, mode="reduced", out=None):
    import torch

    q, r = torch.linalg.qr(A, mode=mode)
    return q.det() * r.diagonal(dim1=-2, dim2=-1).prod(-1)


def cases(draw, given):
    shape = draw(squares(given, 1, 33))
    fill = draw(choice("nonsingular", "small_pivots(0)", "positive_definite"))
    return Case(A=draw(tensors(given, shape, fill=fill)), mode=draw(choice("reduced", "complete")))


task = Task(
    reference,
    cases,
    fixed_cases=(
        square_matrices(4),
        square_matrices(1),
        square_matrices(2, mode="complete"),
        square_matrices(5, 3),
        square_matrices(3, 7, mode="complete"),
        square_matrices(2, 2, 6),
        square_matrices(5, fill="small_pivots(0)"),
        square_matrices(16),
        square_matrices(17),
        square_matrices(33),
        square_matrices(8, fill="positive_definite"),
        square_matrices(1030, 2),
    ),
    dtypes=LINALG_DTYPES,
    contract=LINALG,
    accumulation=grows_with_size(4),
    workloads={"batch_of_4096": square_matrices(4096, 64)},
)
