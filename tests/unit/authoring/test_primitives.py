"""Strategies for parts of a case: whatever they draw keeps what they promise."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_kernelbench import Contract, DrawRequest, DType
from pytest_kernelbench.authoring.strategies import (
    booleans,
    broadcast,
    choice,
    dim_sets,
    dims,
    indices,
    integers,
    maybe,
    numbers,
    shapes,
    sizes,
    tensors,
)
from pytest_kernelbench.authoring.strategies.primitives import TILE_EDGES, dtypes
from pytest_kernelbench.model.case import LAYOUTS
from pytest_kernelbench.model.task import FACETS

givens = st.builds(
    DrawRequest,
    facet=st.sampled_from(FACETS),
    layouts=st.lists(st.sampled_from(LAYOUTS), min_size=1, unique=True).map(tuple),
    fills=st.just(("normal", "outliers")),
    limit=st.integers(1, 5000),
    contract=st.builds(Contract, empty=st.booleans(), zero_dim=st.booleans()),
)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(st.data(), givens)
def test_sizes_and_shapes_obey_their_limits(data: Any, asked: DrawRequest) -> None:
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
def test_dims_are_legal(data: Any, asked: DrawRequest) -> None:
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
def test_tensors_have_what_the_facet_asks_for(data: Any, asked: DrawRequest) -> None:
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
def test_broadcast_shapes_broadcast_to_one_of_them(data: Any, asked: DrawRequest, count: int) -> None:
    import torch

    drawn = data.draw(broadcast(asked, count))
    assert len(drawn) == count
    assert tuple(torch.broadcast_shapes(*drawn)) in drawn
    assert () not in drawn or asked.contract.zero_dim


@quick
@given(st.data())
def test_options(data: Any) -> None:
    assert 0.5 <= data.draw(numbers(0.5, 2)) <= 2
    assert data.draw(maybe(st.just(3))) in (None, 3)


def test_empty_and_zero_dim_are_drawn_where_they_are_legal() -> None:
    from hypothesis import find

    legal = DrawRequest(facet="sizes", contract=Contract(empty=True, zero_dim=True))
    assert find(shapes(legal, 1, 4), lambda shape: shape == ()) == ()
    assert 0 in find(shapes(legal, 1, 4), lambda shape: 0 in shape)
    assert find(sizes(legal, 1, 4000), lambda size: size == 1025) == 1025


@pytest.mark.parametrize("facet", [facet for facet in FACETS if facet != "sizes"])
def test_only_the_facet_sizes_draws_long_dimensions(facet: str) -> None:
    assert max(sample(sizes(DrawRequest(facet=facet, limit=5000)))) <= 48


def test_the_facet_sizes_prefers_the_edges_of_tiles() -> None:
    drawn = sample(sizes(DrawRequest(facet="sizes", limit=5000)), count=200)
    assert sum(size in TILE_EDGES for size in drawn) > len(drawn) / 10  # of uniform sizes, 1 in 128 would be one


def test_a_strategy_is_made_once_for_equal_arguments() -> None:
    assert shapes(DrawRequest(), 1, 3) is shapes(DrawRequest(), 1, 3)
    assert shapes(DrawRequest(), 1, 3) is not shapes(DrawRequest(facet="sizes"), 1, 3)


def test_arguments_of_other_kinds() -> None:
    assert set(sample(choice("a", "b"))) == {"a", "b"}
    assert set(sample(booleans())) == {False, True}
    assert set(sample(integers(2, 4))) == {2, 3, 4}
    assert set(sample(dtypes("float16", "float64"))) == {DType("float16"), DType("float64")}


def sample(strategy: Any, count: int = 60) -> list[Any]:
    """Return values of a strategy."""
    drawn: list[Any] = []

    @settings(max_examples=count, database=None, deadline=None, derandomize=True)
    @given(strategy)
    def collect(value: Any) -> None:
        drawn.append(value)

    collect()
    return drawn
