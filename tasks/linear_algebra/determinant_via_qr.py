"""Determinant of square matrices through their QR decomposition: det(Q) times the diagonal of R.

The product of the diagonal alone is the determinant up to a factor of modulus 1; documented is the determinant. The
mode `r`, which gives no Q, is not tried.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.strategies import choice, tensors
from pytest_kernelbench.strategies.linalg import LINALG, LINALG_DTYPES, squares


def reference(A, *, mode="reduced", out=None):
    import torch

    q, r = torch.linalg.qr(A, mode=mode)
    return q.det() * r.diagonal(dim1=-2, dim2=-1).prod(-1)


def cases(draw, given):
    shape = draw(squares(given, 1, 33))
    fill = draw(choice("nonsingular", "small_pivots(0)", "positive_definite"))
    return Case(A=draw(tensors(given, shape, fill=fill)), mode=draw(choice("reduced", "complete")))


def matrices(*shape, fill="nonsingular", **options):
    """Return the case of matrices of which the last size is given."""
    return Case(A=Tensor((*shape, shape[-1]), fill=fill), **options)


task = Task(
    reference,
    cases,
    spine=(
        matrices(4),
        matrices(1),
        matrices(2, mode="complete"),
        matrices(5, 3),
        matrices(3, 7, mode="complete"),
        matrices(2, 2, 6),
        matrices(5, fill="small_pivots(0)"),
        matrices(16),
        matrices(17),
        matrices(33),
        matrices(8, fill="positive_definite"),
        matrices(1030, 2),
    ),
    dtypes=LINALG_DTYPES,
    contract=LINALG,
    # Its root scales the sensitivity: the backward error of a decomposition grows with the size, not with its root.
    accumulation=lambda case: (4 * case.A.shape[-1]) ** 2,
    workloads={"batch_of_4096": matrices(4096, 64)},
)
