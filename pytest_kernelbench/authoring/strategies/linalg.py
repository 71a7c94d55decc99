"""Linear algebra: shapes of matrices and the shared contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_kernelbench.authoring.strategies.primitives import booleans, choice, integers, remembered, sizes
from pytest_kernelbench.model.task import VALUE_FILLS, Contract, DrawRequest

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

LINALG_DTYPES = ("float32", "float64", "complex64", "complex128")
"""Dtypes that PyTorch documents for its linear algebra."""

# An expanded matrix repeats one row, so it is singular. The squares of denormals are zero, so residuals relative to
# their norms mean nothing.
LINALG = Contract(
    layouts=("contiguous", "transposed", "strided", "offset"),
    values=tuple(fill for fill in VALUE_FILLS if fill != "denormals"),
    nan=False,
    inf=False,
)
"""Contract of linear algebra: finite matrices, with any strides that do not overlap."""

MAX_BATCHED_ROWS = 12
"""Number of rows up to which matrices come in batches; larger batches would take too long in an interpreter."""


def batches(size: int) -> SearchStrategy[tuple[int, ...]]:
    """Draw batch dimensions of matrices with `size` rows; larger matrices have none."""
    return choice((), (), (2,), (3, 1), (2, 2)) if size <= MAX_BATCHED_ROWS else choice(())


@remembered
def squares(given: DrawRequest, low: int = 1, high: int = 40) -> SearchStrategy[tuple[int, ...]]:
    """Draw a shape of square matrices, with batch dimensions for small ones."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: Any) -> tuple[int, ...]:
        size = draw(sizes(given, low, high))
        return (*draw(batches(size)), size, size)

    return build()


@remembered
def rectangles(given: DrawRequest, short: int = 8, long: int = 70) -> SearchStrategy[tuple[int, ...]]:
    """Draw a shape of square, wide or tall matrices, with batch dimensions for small ones."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: Any) -> tuple[int, ...]:
        smaller = draw(integers(1, short))
        larger = draw(st.just(smaller) | sizes(given, smaller, long))
        rows, columns = (larger, smaller) if draw(booleans()) else (smaller, larger)
        return (*draw(batches(larger)), rows, columns)

    return build()
