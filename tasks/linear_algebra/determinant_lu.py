"""Determinant of square matrices through their LU decomposition.

Pivoting changes the rounding and not the result; cases without it have definite matrices, whose pivots are safe.
"""

from __future__ import annotations

from pytest_kernelbench.strategies.linalg import by_elimination


def reference(A, *, pivot=True, out=None):
    return A.det()


task = by_elimination(
    reference,
    # Its root scales the sensitivity: the backward error of a decomposition grows with the size, not with its root.
    accumulation=lambda case: case.A.shape[-1] ** 2,
)
