"""Inverse of square matrices through their LU decomposition, judged by how well A @ X = I holds.

The shipped reference multiplies by the permutation where its transpose belongs; documented is the inverse.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.strategies import booleans, choice, sizes, tensors

FILLS = {True: "nonsingular", False: "positive_definite"}
"""Matrices on which elimination with and without pivoting is stable."""


def reference(A, *, pivot=True, out=None):
    return A.inverse()


def cases(draw, given):
    # PyTorch on the CPU cannot decompose without pivoting: kernels whose host code asks for it get no further there.
    pivot = draw(booleans()) if given.facet == "sizes" else True
    size = draw(sizes(given, 1, 40))
    batch = draw(choice((), (2,), (3, 1), (2, 2))) if size <= 12 else ()
    return Case(A=draw(tensors(given, (*batch, size, size), fill=FILLS[pivot])), pivot=pivot)


def square(size, *batch, seed=0, **options):
    """Return the case of matrices of one size."""
    fill = FILLS[options.get("pivot", True)]
    return Case(A=Tensor((*batch, size, size), fill=fill, seed=seed), **options)


task = Task(
    reference,
    cases,
    spine=(
        square(4),
        square(1),
        square(2),
        square(3, 5),
        square(7, 3),
        square(5, 2, 2),
        square(17),
        square(33),
        square(6, pivot=False),
        square(9, 2, pivot=False),
        square(8),
    ),
    dtypes=("float32", "float64", "complex64"),
    contract=Contract(layouts=("contiguous", "transposed", "strided", "offset"), nan=False, inf=False),
    compare="residual",
    accumulation=lambda case: case.A.shape[-1],
    workloads={"batch_of_4096": Case(A=Tensor((4096, 64, 64), fill="nonsingular"))},
)
