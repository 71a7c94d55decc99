"""Strategies: whatever they draw keeps what they promise."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_kernelbench import Contract, Given
from pytest_kernelbench.model.case import LAYOUTS, leaves
from pytest_kernelbench.model.task import FACETS
from pytest_kernelbench.strategies import (
    broadcast,
    dim_sets,
    dims,
    elementwise,
    indices,
    maybe,
    numbers,
    reduction,
    shapes,
    sizes,
    tensors,
)

givens = st.builds(
    Given,
    facet=st.sampled_from(FACETS),
    layouts=st.lists(st.sampled_from(LAYOUTS), min_size=1, unique=True).map(tuple),
    fills=st.just(("normal", "outliers")),
    limit=st.integers(1, 5000),
    contract=st.builds(Contract, empty=st.booleans(), zero_dim=st.booleans()),
)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(st.data(), givens)
def test_sizes_and_shapes_obey_their_limits(data: Any, asked: Given) -> None:
    low = data.draw(st.integers(1, 20))
    high = data.draw(st.integers(low, 300))
    size = data.draw(sizes(asked, low, high))
    assert low <= size <= high or (size == 0 and asked.empty and low == 1)
    least, most = data.draw(st.sampled_from([(1, 4), (2, 2), (3, 5)]))
    shape = data.draw(shapes(asked, least, most))
    assert math.prod(shape) <= asked.limit
    assert len(shape) <= most
    assert len(shape) >= least or (shape == () and asked.zero_dim and least == 1)
    assert asked.empty or 0 not in shape


@quick
@given(st.data(), givens)
def test_dims_are_legal(data: Any, asked: Given) -> None:
    shape = data.draw(shapes(asked, 1, 4))
    rank = max(1, len(shape))
    assert -rank <= data.draw(dims(shape)) < rank
    several = data.draw(dim_sets(shape))
    if several is not None:
        axes = several if isinstance(several, tuple) else (several,)
        assert axes
        assert len({axis % rank for axis in axes}) == len(axes)
        assert all(-rank <= axis < rank for axis in axes)
    assert data.draw(dim_sets(shape, none=False)) is not None


@quick
@given(st.data(), givens)
def test_tensors_have_what_the_facet_asks_for(data: Any, asked: Given) -> None:
    tensor = data.draw(tensors(asked, (2, 3)))
    assert (tensor.shape, tensor.dtype) == ((2, 3), asked.dtype)
    assert tensor.layout in asked.layouts
    assert tensor.fill in asked.fills
    kept = data.draw(tensors(asked, (2, 3), "int8", "integers(0, 3)"))
    assert (kept.dtype, kept.fill) == ("int8", "integers(0, 3)")
    assert data.draw(indices(asked, (4,), 0)).fill == "integers(0, 1)"
    assert data.draw(indices(asked, (4,), 9, "int32")).fill == "integers(0, 9)"


@quick
@given(st.data(), givens, st.integers(2, 4))
def test_broadcast_shapes_broadcast_to_one_of_them(data: Any, asked: Given, count: int) -> None:
    import torch

    drawn = data.draw(broadcast(asked, count))
    assert len(drawn) == count
    assert tuple(torch.broadcast_shapes(*drawn)) in drawn


@quick
@given(st.data())
def test_options(data: Any) -> None:
    assert 0.5 <= data.draw(numbers(0.5, 2)) <= 2
    assert data.draw(maybe(st.just(3))) in (None, 3)


@pytest.mark.parametrize("facet", FACETS)
@pytest.mark.parametrize(
    "task", [elementwise(lambda input: input.exp()), reduction(lambda input, dim, keepdim: input.sum(dim, keepdim))]
)
def test_the_cases_of_families_are_valid(task: Any, facet: str) -> None:
    from pytest_kernelbench.judge import facets
    from pytest_kernelbench.judge.oracle import evaluate

    asked = facets.given(task, facet, task.dtypes)

    @settings(max_examples=25, deadline=None, database=None)
    @given(st.data())
    def check(data: Any) -> None:
        dtype = data.draw(st.sampled_from(sorted(asked)))
        case = task.cases(data.draw, asked[dtype])
        for _, recipe in leaves(case):
            assert recipe.numel <= asked[dtype].limit
            assert recipe.layout in asked[dtype].layouts
            assert recipe.dtype == dtype
        evaluate(task, case)

    check()


def test_empty_and_zero_dim_are_drawn_where_they_are_legal() -> None:
    from hypothesis import find

    legal = Given(facet="sizes", contract=Contract(empty=True, zero_dim=True))
    assert find(shapes(legal, 1, 4), lambda shape: shape == ()) == ()
    assert 0 in find(shapes(legal, 1, 4), lambda shape: 0 in shape)
    assert find(sizes(legal, 1, 4000), lambda size: size == 1025) == 1025
