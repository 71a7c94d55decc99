"""Moore-Penrose pseudoinverse of matrices of any shape, V diag(1 / S) U^H of their SVD.

Singular values of at most `rcond` times the largest are not inverted, zero never is. `full_matrices` changes the
decomposition and not the result.

The shipped reference fails on matrices that are not square unless `full_matrices` is false.
"""

from __future__ import annotations

from pytest_kernelbench import Case, Contract, Task, Tensor
from pytest_kernelbench.authoring.families.matrices import grows_with_size
from pytest_kernelbench.authoring.strategies import booleans, choice, integers, sizes, tensors


def reference(A, *, full_matrices=True, rcond=1e-15, out=None):
    import torch

    return torch.linalg.pinv(A, rtol=rcond)


def cases(draw, given):
    # LAPACK's own SVD does not always converge for complex matrices of equal elements.
    kind = draw(choice("long", "square") if given.dtype.startswith("complex") else choice("long", "square", "rank_one"))
    short = draw(integers(1, 8))
    # Random matrices that are far from square have no small singular values, so no threshold lies between them.
    long = short if kind == "square" else draw(sizes(given, 2 * short + 1, 130))
    fill = {"long": "uniform(-1, 1)", "square": "nonsingular", "rank_one": "constant(1)"}[kind]
    shape = (long, short) if draw(booleans()) else (short, long)
    batch = draw(choice((), (), (2,), (2, 2))) if long <= 20 else ()
    return Case(
        A=draw(tensors(given, (*batch, *shape), fill=fill)),
        full_matrices=draw(booleans()),
        rcond=draw(choice(1e-3, 1e-2) if kind == "rank_one" else choice(1e-15, 1e-6)),
    )


def full_rank(rows, columns, *batch, **options):
    """Return the case of matrices with no small singular values."""
    fill = "nonsingular" if rows == columns else "uniform(-1, 1)"
    return Case(A=Tensor((*batch, rows, columns), fill=fill), **options)


task = Task(
    reference,
    cases,
    fixed_cases=(
        full_rank(9, 4),
        full_rank(4, 9),
        full_rank(6, 6),
        full_rank(1, 1),
        full_rank(7, 1),
        full_rank(1, 17),
        full_rank(8, 3, 3, full_matrices=False),
        full_rank(3, 8, 2, 2),
        full_rank(129, 5),
        full_rank(33, 12, rcond=1e-6),
        Case(A=Tensor((6, 4), fill="constant(1)"), rcond=1e-3),
        Case(A=Tensor((3, 4), fill="constant(0)")),
        full_rank(4, 1030),
    ),
    dtypes=("float32", "float64", "complex64"),
    contract=Contract(layouts=("contiguous", "transposed", "strided", "offset"), nan=False, inf=False),
    accumulation=grows_with_size(32),
    workloads={"batch_of_512": Case(A=Tensor((512, 128, 32), fill="uniform(-1, 1)"))},
)
