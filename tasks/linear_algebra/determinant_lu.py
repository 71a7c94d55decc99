"""Determinant of square matrices, det(A), through their LU decomposition.

Pivoting changes the rounding error and not the result. Cases without it have definite matrices, which do not need it.
"""

from __future__ import annotations

from pytest_kernelbench.authoring.families.matrices import by_elimination, grows_with_size


def reference(A, *, pivot=True, out=None):
    return A.det()


task = by_elimination(
    reference,
    accumulation=grows_with_size(),
)
