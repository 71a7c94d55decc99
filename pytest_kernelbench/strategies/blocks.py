"""Building blocks: what one dimension, one shape, one tensor or one option of a case may be.

Hypothesis is imported when a strategy is made, never when a task file is loaded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_kernelbench.model.case import DType, Tensor
from pytest_kernelbench.model.task import Given

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

TILE_EDGES = (1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97, 127, 128, 129, 255, 256, 257, 511, 513, 1023, 1024,
              1025, 1500, 2047, 2048, 2049, 4095, 4097)  # fmt: skip
"""Sizes at which tiles of a power of two end, one less and one more, and a few that no tile divides."""


remembered = lru_cache(maxsize=1024)
"""Decorator of functions that make strategies: making one takes longer than drawing from it."""


def choice(*options: T) -> SearchStrategy[T]:
    """One of the options; the first is the simplest."""
    from hypothesis import strategies as st

    return st.sampled_from(options)


def integers(low: int, high: int) -> SearchStrategy[int]:
    """An integer from low to high, both included."""
    from hypothesis import strategies as st

    return st.integers(low, high)


@remembered
def numbers(low: float, high: float) -> SearchStrategy[float]:
    """A finite float between low and high with few digits, so that a printed case stays short."""
    from hypothesis import strategies as st

    return st.integers(0, 64).map(lambda step: round(low + (high - low) * step / 64, 4))


def booleans() -> SearchStrategy[bool]:
    """False or True."""
    from hypothesis import strategies as st

    return st.booleans()


def maybe(strategy: SearchStrategy[T]) -> SearchStrategy[T | None]:
    """None, or a value of the strategy."""
    from hypothesis import strategies as st

    return st.none() | strategy


@remembered
def sizes(given: Given, low: int = 1, high: int | None = None) -> SearchStrategy[int]:
    """Size of one dimension, biased to the edges of tiles where the facet asks for sizes.

    `high` defaults to the facet's limit. Zero is drawn only where the contract allows empty tensors.
    """
    from hypothesis import strategies as st

    most = max(low, min(high if high is not None else given.limit, given.limit))
    if given.facet != "sizes":
        return st.integers(low, min(most, max(low, 48)))
    edges = [size for size in TILE_EDGES if low <= size <= most]
    plain = st.integers(low, most)
    options = st.sampled_from(edges) | plain if edges else plain
    return options | st.just(0) if given.empty and low <= 1 else options


@remembered
def shapes(given: Given, min_dims: int = 1, max_dims: int = 4) -> SearchStrategy[tuple[int, ...]]:
    """A shape of at most `given.limit` elements; without dimensions only where the contract allows it."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: Any) -> tuple[int, ...]:
        fewest = 0 if given.zero_dim and min_dims <= 1 else min_dims
        rank = draw(st.integers(fewest, max_dims))
        long = draw(st.integers(0, rank - 1)) if rank else 0
        shape = [1] * rank
        for axis in sorted(range(rank), key=lambda axis: axis != long):
            room = max(1, given.limit // max(1, math.prod(shape)))
            # Extreme values in a handful of elements say more about luck than about a kernel.
            least = min(room, 16) if axis == long and given.facet == "values" else 1
            shape[axis] = draw(sizes(given, least, room if axis == long else min(room, 9)))
        return tuple(shape)

    return build()


def dims(shape: Sequence[int]) -> SearchStrategy[int]:
    """One dimension of the shape, counted from either end; for a shape without dimensions 0 or -1."""
    from hypothesis import strategies as st

    rank = max(1, len(shape))
    return st.sampled_from([*range(rank), *range(-rank, 0)])


def dim_sets(shape: Sequence[int], *, none: bool = True) -> SearchStrategy[int | tuple[int, ...] | None]:
    """What reductions take as dim: None (all), one dimension, or a tuple of different ones."""
    from hypothesis import strategies as st

    rank = max(1, len(shape))
    several = st.lists(st.integers(0, rank - 1), min_size=1, max_size=rank, unique=True).map(tuple)
    mixed = st.tuples(several, st.booleans()).map(lambda pair: tuple(d - rank * pair[1] for d in pair[0]))
    return (st.none() | dims(shape) | mixed) if none else (dims(shape) | mixed)


def tensors(
    given: Given, shape: Sequence[int], dtype: str | None = None, fill: str | None = None
) -> SearchStrategy[Tensor]:
    """A tensor of the shape in the case's dtype, with a layout and a fill that the facet asks for.

    A `fill` given here is kept: it states what the operation needs (a probability, an index, a matrix with an inverse).
    """
    kind, size = dtype or given.dtype, tuple(shape)
    return _recipes((fill,) if fill is not None else given.fills, given.layouts).map(
        lambda drawn: Tensor(size, kind, fill=drawn[0], layout=drawn[1], seed=drawn[2])
    )


@remembered
def _recipes(fills: tuple[str, ...], layouts: tuple[str, ...]) -> SearchStrategy[tuple[str, str, int]]:
    from hypothesis import strategies as st

    return st.tuples(choice(*fills), choice(*layouts), st.integers(0, 2**16 - 1))


def indices(given: Given, shape: Sequence[int], bound: int, dtype: str = "int64") -> SearchStrategy[Tensor]:
    """A tensor of indices from 0 to bound - 1."""
    return tensors(given, shape, dtype, f"integers(0, {max(1, bound)})")


@remembered
def broadcast(given: Given, count: int = 2, max_dims: int = 4) -> SearchStrategy[tuple[tuple[int, ...], ...]]:
    """Shapes that broadcast together: dimensions of 1 and missing leading dimensions in some of them."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: Any) -> tuple[tuple[int, ...], ...]:
        full = draw(shapes(given, 1, max_dims))
        plans = [draw(st.sampled_from(("full", "full", "ones", "short"))) for _ in range(count)]
        if "full" not in plans:
            plans[draw(st.integers(0, count - 1))] = "full"
        return tuple(_narrow(draw, full, plan) for plan in plans)

    return build()


def _narrow(draw: Any, full: tuple[int, ...], plan: str) -> tuple[int, ...]:
    if plan == "short":
        return full[draw(integers(0, len(full))) :]
    if plan == "ones":
        return tuple(1 if draw(booleans()) else size for size in full)
    return full


def dtypes(*names: str) -> SearchStrategy[DType]:
    """A dtype argument."""
    return choice(*map(DType, names))
