"""Linear algebra: shapes of matrices, the shared contract, and the family of eliminations with optional pivoting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.authoring.strategies.primitives import booleans, choice, integers, remembered, sizes, tensors
from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS, Contract, Draw, DrawRequest, Task

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


def by_elimination(reference: Callable[..., Any], **rest: Any) -> Task:
    """Return a task on square matrices `A` with the keyword `pivot`, which is true by default.

    Cases without pivoting have positive definite matrices, on which elimination is stable; those with pivoting also
    have matrices whose first pivot is small or zero. `rest` are further fields of `Task`.
    """

    def cases(draw: Draw, given: DrawRequest) -> Case:
        # PyTorch on the CPU cannot decompose without pivoting, so kernels whose host code asks for it would fail early.
        pivot = draw(booleans()) if given.facet == "sizes" else True
        fill = draw(choice("nonsingular", "small_pivots(0)", "small_pivots(1e-7)")) if pivot else "positive_definite"
        return Case(A=draw(tensors(given, draw(squares(given)), fill=fill)), pivot=pivot)

    def matrices(*shape: int, fill: str = "nonsingular", **options: Any) -> Case:
        return Case(A=Tensor((*shape, shape[-1]), fill=fill), **options)

    return Task(
        reference,
        cases,
        fixed_cases=(
            matrices(4),
            matrices(1),
            matrices(5, fill="small_pivots(0)"),
            matrices(5, 3),
            matrices(3, 7),
            matrices(2, 2, 6, fill="small_pivots(1e-7)"),
            matrices(17),
            matrices(33),
            matrices(2, fill="small_pivots(0)"),
            matrices(6, fill="positive_definite", pivot=False),
            matrices(2, 9, fill="positive_definite", pivot=False),
            matrices(8),
            matrices(1030, 2),
        ),
        dtypes=LINALG_DTYPES,
        contract=LINALG,
        workloads={
            "batch_of_4096": Case(A=Tensor((4096, 64, 64), fill="nonsingular")),
            "one_of_2048": Case(A=Tensor((2048, 2048), fill="nonsingular")),
        },
        **rest,
    )
