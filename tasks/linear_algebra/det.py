"""Determinant of square matrices."""

from __future__ import annotations

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.strategies import choice, tensors
from pytest_kernelbench.strategies.linalg import LINALG, LINALG_DTYPES, squares


def reference(A):
    return A.det()


def cases(draw, given):
    fill = draw(choice("nonsingular", "small_pivots(0)", "small_pivots(1e-7)", "positive_definite"))
    return Case(A=draw(tensors(given, draw(squares(given)), fill=fill)))


def matrices(*shape, fill="nonsingular"):
    """Return the case of matrices of which the last size is given."""
    return Case(A=Tensor((*shape, shape[-1]), fill=fill))


task = Task(
    reference,
    cases,
    spine=(
        matrices(4),
        matrices(1),
        matrices(2, fill="small_pivots(0)"),
        matrices(6, 3),
        matrices(3, 7),
        matrices(2, 2, 6, fill="small_pivots(1e-7)"),
        matrices(5, fill="small_pivots(0)"),
        matrices(17),
        matrices(33),
        matrices(65),
        matrices(8, fill="positive_definite"),
        matrices(1030, 2),
    ),
    dtypes=LINALG_DTYPES,
    contract=LINALG,
    # Its root scales the sensitivity: the backward error of a decomposition grows with the size, not with its root.
    accumulation=lambda case: case.A.shape[-1] ** 2,
    workloads={
        "jacobians_of_elements": matrices(1 << 20, 3),
        "batch_of_4096": matrices(4096, 64),
    },
)
