"""Matrices: what linear algebra tasks share, and the family of those that eliminate with or without pivoting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.model.case import Case, Tensor
from pytest_kernelbench.model.task import VALUE_FILLS, Contract, Draw, Given, Task
from pytest_kernelbench.strategies.blocks import booleans, choice, integers, remembered, sizes, tensors

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

LINALG_DTYPES = ("float32", "float64", "complex64", "complex128")
"""Dtypes that PyTorch documents for its linear algebra."""

# An expanded matrix repeats one row. The squares of denormals are zero, so that nothing can be said of their norms.
LINALG = Contract(
    layouts=("contiguous", "transposed", "strided", "offset"),
    values=tuple(fill for fill in VALUE_FILLS if fill != "denormals"),
    nan=False,
    inf=False,
)
"""What linear algebra demands: finite matrices, in any strides that keep their elements apart."""

SMALL = 12
"""Most rows of matrices that come in batches: larger ones would take too long in an interpreter."""


def batches(size: int) -> SearchStrategy[tuple[int, ...]]:
    """Batch dimensions of matrices of this size."""
    return choice((), (), (2,), (3, 1), (2, 2)) if size <= SMALL else choice(())


@remembered
def squares(given: Given, low: int = 1, high: int = 40) -> SearchStrategy[tuple[int, ...]]:
    """A shape of square matrices, with batch dimensions where they are small."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: Any) -> tuple[int, ...]:
        size = draw(sizes(given, low, high))
        return (*draw(batches(size)), size, size)

    return build()


@remembered
def rectangles(given: Given, short: int = 8, long: int = 70) -> SearchStrategy[tuple[int, ...]]:
    """A shape of square, wide or tall matrices, with batch dimensions where they are small."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: Any) -> tuple[int, ...]:
        least = draw(integers(1, short))
        most = draw(st.just(least) | sizes(given, least, long))
        rows, columns = (most, least) if draw(booleans()) else (least, most)
        return (*draw(batches(most)), rows, columns)

    return build()


def by_elimination(reference: Callable[..., Any], **rest: Any) -> Task:
    """Task of square matrices `A` with the keyword `pivot`, true by default.

    Without pivoting, elimination is stable on definite matrices; with it, also where the first pivot is zero.
    """

    def cases(draw: Draw, given: Given) -> Case:
        # PyTorch on the CPU cannot decompose without pivoting: kernels whose host code asks for it get no further.
        pivot = draw(booleans()) if given.facet == "sizes" else True
        fill = draw(choice("nonsingular", "small_pivots(0)", "small_pivots(1e-7)")) if pivot else "positive_definite"
        return Case(A=draw(tensors(given, draw(squares(given)), fill=fill)), pivot=pivot)

    def matrices(*shape: int, fill: str = "nonsingular", **options: Any) -> Case:
        return Case(A=Tensor((*shape, shape[-1]), fill=fill), **options)

    return Task(
        reference,
        cases,
        spine=(
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
