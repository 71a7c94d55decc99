"""Spectral norm of square matrices as the largest absolute eigenvalue.

Documented are both this and the norm induced by the Euclidean norm of vectors, which differ for general matrices; the
cases are symmetric matrices, for which they are the same number.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import choice, sizes, tensors


def reference(A, *, out=None):
    import torch

    return torch.linalg.eigvals(A).abs().amax(-1)


def cases(draw, given):
    size = draw(sizes(given, 1, 40))
    batch = draw(choice((), (2,), (3, 1), (2, 2))) if size <= 12 else ()
    fill = draw(choice("symmetric", "symmetric", "positive_definite"))
    return Case(A=draw(tensors(given, (*batch, size, size), fill=fill)))


def square(size, *batch, fill="symmetric"):
    """Return the case of matrices of one size."""
    return Case(A=Tensor((*batch, size, size), fill=fill))


task = Task(
    reference,
    cases,
    spine=(
        square(4),
        square(1, 6),
        square(2),
        square(3, 5),
        square(7, 2, 2),
        square(8, fill="positive_definite"),
        square(17),
        square(33),
        square(5, fill="constant(1)"),
        square(6, fill="constant(0)"),
        square(2, 1030),
    ),
    dtypes=("float32", "float64"),
    contract=Contract(layouts=("contiguous", "transposed", "strided", "offset"), nan=False, inf=False),
    # Its root scales the sensitivity: the backward error of eigenvalues grows with the size, not with its root.
    accumulation=lambda case: (16 * case.A.shape[-1]) ** 2,
    workloads={"batch_of_1024": Case(A=Tensor((1024, 64, 64), fill="symmetric"))},
)
