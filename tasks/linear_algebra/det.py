"""Determinant of square matrices, det(A)."""

from __future__ import annotations

from pytest_kernelbench import Case, Task
from pytest_kernelbench.authoring.families.matrices import grows_with_size, square_matrices
from pytest_kernelbench.authoring.strategies import choice, tensors
from pytest_kernelbench.authoring.strategies.linalg import LINALG, LINALG_DTYPES, squares


def reference(A):
    return A.det()


def cases(draw, given):
    fill = draw(choice("nonsingular", "small_pivots(0)", "small_pivots(1e-7)", "positive_definite"))
    return Case(A=draw(tensors(given, draw(squares(given)), fill=fill)))


task = Task(
    reference,
    cases,
    fixed_cases=(
        square_matrices(4),
        square_matrices(1),
        square_matrices(2, fill="small_pivots(0)"),
        square_matrices(6, 3),
        square_matrices(3, 7),
        square_matrices(2, 2, 6, fill="small_pivots(1e-7)"),
        square_matrices(5, fill="small_pivots(0)"),
        square_matrices(17),
        square_matrices(33),
        square_matrices(65),
        square_matrices(8, fill="positive_definite"),
        square_matrices(1030, 2),
    ),
    dtypes=LINALG_DTYPES,
    contract=LINALG,
    accumulation=grows_with_size(),
    workloads={
        "jacobians_of_elements": square_matrices(1 << 20, 3),
        "batch_of_4096": square_matrices(4096, 64),
    },
    aliases=("linalg_det",),
)
