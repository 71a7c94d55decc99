"""Spectral norm of square matrices as the largest absolute eigenvalue, max(|L|).

The documentation defines it both so and as the norm that the Euclidean norm of vectors induces, which differs for
general matrices. The cases are symmetric matrices, for which both are the same number.

The shipped reference gives the spectral radius, which is the norm of symmetric matrices: the cases have only those.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.families.matrices import grows_with_size
from pytest_kernelbench.authoring.strategies import choice, sizes, tensors


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
    fixed_cases=(
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
    accumulation=grows_with_size(16),
    workloads={"batch_of_1024": Case(A=Tensor((1024, 64, 64), fill="symmetric"))},
)
