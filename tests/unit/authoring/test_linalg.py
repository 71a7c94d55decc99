"""Strategies of linear algebra: shapes of matrices, and the family of those that eliminate."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kernelbench import DrawRequest
from pytest_kernelbench.authoring.families.matrices import by_elimination
from pytest_kernelbench.authoring.strategies.linalg import LINALG, MAX_BATCHED_ROWS, rectangles, squares
from pytest_kernelbench.model.task import FACETS

givens = st.builds(DrawRequest, facet=st.sampled_from(FACETS), contract=st.just(LINALG))
quick = settings(max_examples=60, deadline=None)


@quick
@given(st.data(), givens)
def test_shapes_of_matrices(data: Any, asked: DrawRequest) -> None:
    *batch, rows, columns = data.draw(squares(asked, 2, 20))
    assert rows == columns
    assert 2 <= rows <= 20
    assert not batch or rows <= MAX_BATCHED_ROWS
    *batch, rows, columns = data.draw(rectangles(asked, 6, 30))
    assert 1 <= min(rows, columns) <= 6
    assert max(rows, columns) <= 30
    assert not batch or max(rows, columns) <= MAX_BATCHED_ROWS


def reference(A, *, pivot=True, out=None):
    return A


@quick
@given(st.data(), givens)
def test_elimination_without_pivoting_meets_definite_matrices_only(data: Any, asked: DrawRequest) -> None:
    task = by_elimination(reference)
    case = task.cases(data.draw, asked)
    assert case.pivot or asked.facet == "sizes"
    assert case.pivot or case.A.fill == "positive_definite"
    assert any(fixed.A.fill.startswith("small_pivots") for fixed in task.fixed_cases)
