"""Strategies for the parts of a case: one dimension, one shape, one tensor, one option.

Hypothesis is imported when a strategy is made, never when a task file is loaded. The argument `given` of a strategy is
the `DrawRequest` that `cases(draw, given)` receives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_kernelbench.model.case import DType, Tensor
from pytest_kernelbench.model.task import DrawRequest

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

TILE_EDGES = (1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97, 127, 128, 129, 255, 256, 257, 511, 513, 1023, 1024,
              1025, 1500, 2047, 2048, 2049, 4095, 4097)  # fmt: skip
"""Sizes at the edges of power-of-two tiles, one less and one more, and a few that no tile divides."""


remembered = lru_cache(maxsize=1024)
"""Decorator that caches strategies: making one takes longer than drawing from it."""


def choice(*options: T) -> SearchStrategy[T]:
    """Draw one of the options; the first is the simplest."""
    from hypothesis import strategies as st

    return st.sampled_from(options)


def integers(low: int, high: int) -> SearchStrategy[int]:
    """Draw an integer from low to high, both included."""
    from hypothesis import strategies as st

    return st.integers(low, high)


@remembered
def numbers(low: float, high: float) -> SearchStrategy[float]:
    """Draw a float from low to high with at most four decimals, so that printed cases stay short."""
    from hypothesis import strategies as st

    return st.integers(0, 64).map(lambda step: round(low + (high - low) * step / 64, 4))


def booleans() -> SearchStrategy[bool]:
    """Draw False or True."""
    from hypothesis import strategies as st

    return st.booleans()


def maybe(strategy: SearchStrategy[T]) -> SearchStrategy[T | None]:
    """Draw None, or a value of the strategy."""
    from hypothesis import strategies as st

    return st.none() | strategy


@remembered
def sizes(given: DrawRequest, low: int = 1, high: int | None = None) -> SearchStrategy[int]:
    """Draw the size of one dimension; the facet `sizes` prefers the edges of tiles.

    `high` defaults to the facet's limit. 0 is drawn only if the contract allows empty tensors.
    """
    from hypothesis import strategies as st

    largest = max(low, min(high if high is not None else given.limit, given.limit))
    if given.facet != "sizes":
        return st.integers(low, min(largest, max(low, 48)))
    edges = [size for size in TILE_EDGES if low <= size <= largest]
    plain = st.integers(low, largest)
    options = st.sampled_from(edges) | plain if edges else plain
    return options | st.just(0) if given.empty and low <= 1 else options


@remembered
def shapes(given: DrawRequest, min_dims: int = 1, max_dims: int = 4) -> SearchStrategy[tuple[int, ...]]:
    """Draw a shape of at most `given.limit` elements; the empty shape `()` only if the contract allows it."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: Any) -> tuple[int, ...]:
        fewest = 0 if given.zero_dim and min_dims <= 1 else min_dims
        rank = draw(st.integers(fewest, max_dims))
        long = draw(st.integers(0, rank - 1)) if rank else 0
        shape = [1] * rank
        for axis in sorted(range(rank), key=lambda axis: axis != long):
            room = max(1, given.limit // max(1, math.prod(shape)))
            # Among very few elements, whether an extreme value shows a fault would be a matter of luck.
            least = min(room, 16) if axis == long and given.facet == "values" else 1
            shape[axis] = draw(sizes(given, least, room if axis == long else min(room, 9)))
        return tuple(shape)

    return build()


def dims(shape: Sequence[int]) -> SearchStrategy[int]:
    """Draw one dimension of the shape, counted from either end; for the empty shape 0 or -1."""
    from hypothesis import strategies as st

    rank = max(1, len(shape))
    return st.sampled_from([*range(rank), *range(-rank, 0)])


def dim_sets(shape: Sequence[int], *, none: bool = True) -> SearchStrategy[int | tuple[int, ...] | None]:
    """Draw the dimensions of a reduction: None (all), one dimension, or a tuple of distinct ones."""
    from hypothesis import strategies as st

    rank = max(1, len(shape))
    several = st.lists(st.integers(0, rank - 1), min_size=1, max_size=rank, unique=True).map(tuple)
    mixed = st.tuples(several, st.booleans()).map(lambda pair: tuple(d - rank * pair[1] for d in pair[0]))
    return (st.none() | dims(shape) | mixed) if none else (dims(shape) | mixed)


def tensors(
    given: DrawRequest, shape: Sequence[int], dtype: str | None = None, fill: str | None = None
) -> SearchStrategy[Tensor]:
    """Draw a tensor of the shape, in the case's dtype, with a layout and a fill that the facet requests.

    A `fill` that is passed replaces those of the facet, for values that the operation needs: probabilities, indices,
    nonsingular matrices.
    """
    kind, size = dtype or given.dtype, tuple(shape)
    return _recipes((fill,) if fill is not None else given.fills, given.layouts).map(
        lambda drawn: Tensor(size, kind, fill=drawn[0], layout=drawn[1], seed=drawn[2])
    )


@remembered
def _recipes(fills: tuple[str, ...], layouts: tuple[str, ...]) -> SearchStrategy[tuple[str, str, int]]:
    from hypothesis import strategies as st

    return st.tuples(choice(*fills), choice(*layouts), st.integers(0, 2**16 - 1))


def indices(given: DrawRequest, shape: Sequence[int], bound: int, dtype: str = "int64") -> SearchStrategy[Tensor]:
    """Draw a tensor of indices from 0 to bound - 1."""
    return tensors(given, shape, dtype, f"integers(0, {max(1, bound)})")


@remembered
def broadcast(given: DrawRequest, count: int = 2, max_dims: int = 4) -> SearchStrategy[tuple[tuple[int, ...], ...]]:
    """Draw shapes that broadcast together; some have dimensions of 1, or lack leading dimensions.

    Only a contract that allows tensors without dimensions makes a shape lack all of them.
    """
    from hypothesis import strategies as st

    fewest = 0 if given.contract.zero_dim else 1

    @st.composite
    def build(draw: Any) -> tuple[tuple[int, ...], ...]:
        full = draw(shapes(given, 1, max_dims))
        plans = [draw(st.sampled_from(("full", "full", "ones", "short"))) for _ in range(count)]
        if "full" not in plans:
            plans[draw(st.integers(0, count - 1))] = "full"
        return tuple(_narrow(draw, full, plan, fewest) for plan in plans)

    return build()


def _narrow(draw: Any, full: tuple[int, ...], plan: str, fewest: int) -> tuple[int, ...]:
    if plan == "short":
        return full[draw(integers(0, max(len(full) - fewest, 0))) :]
    if plan == "ones":
        return tuple(1 if draw(booleans()) else size for size in full)
    return full


def dtypes(*names: str) -> SearchStrategy[DType]:
    """Draw a dtype argument."""
    return choice(*map(DType, names))
