"""Cases from a pattern: arguments whose sizes have names, so that sizes of one name are always equal.

sizes = {"rows": Varying(), "n": Varying(step=2)}
pattern = Pattern(x=Sized("rows", "n"), weight=Sized("n"), heads=Tied("n"), eps=1e-6)
task = Task(reference, cases(sizes, pattern), fixed_cases(sizes, pattern))
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_kernelbench.model.case import Case, Tensor, leaves
from pytest_kernelbench.model.errors import TaskError, choices
from pytest_kernelbench.model.task import Draw, DrawRequest

SHORT = 9
"""Largest value of a size beside the one that may be long."""

LONG = (129, 1025, 33, 65)
"""Values, beyond edges of tiles, that one size after the other takes in the fixed cases."""

MAX_ELEMENTS = 8192
"""Elements of the tensors of a fixed case."""


@dataclass(frozen=True, slots=True)
class Varying:
    """What values a size may have: `low`, and multiples of `step` from there on."""

    low: int = 1
    step: int = 1
    high: int | None = None
    """Largest value; None for no limit."""

    def near(self, value: int) -> int:
        """Return the legal value that is closest below a value, or the smallest one."""
        top = value if self.high is None else min(value, self.high)
        return max(self.least, top // self.step * self.step)

    @property
    def least(self) -> int:
        """The smallest legal value."""
        return -(-max(self.low, 0) // self.step) * self.step


@dataclass(frozen=True, slots=True, init=False)
class Sized:
    """A tensor argument, with the name of the size, or a number, of each dimension."""

    dims: tuple[str | int, ...]
    """Of each dimension a number, the name of a size, or a multiple of one, as in `"3*n"`."""
    dtype: str | None
    """Dtype that it always has; None for that of the case."""
    fill: str | None
    """Distribution of its values; None for the one that a facet asks for."""
    below: str | int | None
    """Size, or number, that the values of a tensor of indices are below."""

    def __init__(
        self, *dims: str | int, dtype: str | None = None, fill: str | None = None, below: str | int | None = None
    ) -> None:
        for name, value in (("dims", dims), ("dtype", dtype), ("fill", fill), ("below", below)):
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        named = {"dtype": self.dtype, "fill": self.fill, "below": self.below}
        parts = [*map(repr, self.dims), *(f"{key}={value!r}" for key, value in named.items() if value is not None)]
        return f"Sized({', '.join(parts)})"


@dataclass(frozen=True, slots=True)
class Tied:
    """A whole number among the arguments that is always equal to a size."""

    size: str

    def __repr__(self) -> str:
        return f"Tied({self.size!r})"


class Pattern:
    """The arguments of a case with names for sizes: `Sized`, `Tied`, tuples and lists of those, and plain values."""

    def __init__(self, /, **arguments: Any) -> None:
        self.arguments = arguments

    def __repr__(self) -> str:
        return f"Pattern({', '.join(f'{name}={value!r}' for name, value in self.arguments.items())})"

    def tensors(self) -> Iterator[Sized]:
        """Yield the tensors."""
        for value in self.arguments.values():
            yield from _tensors(value)

    def names(self) -> list[str]:
        """Return the names of the sizes, each once."""
        found: dict[str, None] = {}
        for value in self.arguments.values():
            found |= dict.fromkeys(_names(value))
        return list(found)

    def case(self, values: Mapping[str, int], make: Callable[[Sized, tuple[int, ...], str | None], Tensor]) -> Case:
        """Return the case with these sizes; `make` gets each tensor with its shape, and its fill if that is fixed."""
        made: dict[str, Any] = {name: _made(value, values, make) for name, value in self.arguments.items()}
        return Case(**made)

    def elements(self, values: Mapping[str, int]) -> int:
        """Return the number of elements of the largest tensor."""
        return max((math.prod(_sized(dim, values) for dim in each.dims) for each in self.tensors()), default=0)


def cases(sizes: Mapping[str, Varying], *patterns: Pattern) -> Callable[[Draw, DrawRequest], Case]:
    """Return the function `cases(draw, given)` of a task: it draws a pattern, then its sizes, one of them long."""
    _check(sizes, patterns)

    def drawn(draw: Draw, given: DrawRequest) -> Case:
        from pytest_kernelbench.authoring.strategies import choice, tensors
        from pytest_kernelbench.authoring.strategies import sizes as some

        pattern = draw(choice(*patterns))
        names = pattern.names()
        values = {name: sizes[name].least for name in names}
        long = draw(choice(*names)) if names else None
        for name in sorted(names, key=lambda each: each == long):
            room = _room(pattern, values, sizes[name], name, given.limit)
            high = room if name == long else min(room, max(SHORT, sizes[name].least))
            steps = draw(some(given, max(1, sizes[name].least // sizes[name].step), high // sizes[name].step))
            values[name] = steps * sizes[name].step

        def make(sized: Sized, shape: tuple[int, ...], fill: str | None) -> Tensor:
            recipe: Tensor = draw(tensors(given, shape, sized.dtype, fill))
            return recipe

        case: Case = pattern.case(values, make)
        return case

    return drawn


def fixed_cases(
    sizes: Mapping[str, Varying], *patterns: Pattern, dtype: str = "float32", small: Mapping[str, int] | None = None
) -> tuple[Case, ...]:
    """Return fixed cases for patterns: small sizes, ones, and one size after the other beyond the edges of tiles.

    `small` are sizes of the first case, where those that would be chosen do not show enough.
    """
    _check(sizes, patterns)

    def make(sized: Sized, shape: tuple[int, ...], fill: str | None) -> Tensor:
        return Tensor(shape, sized.dtype or dtype, fill or "normal")

    found: dict[Case, None] = {}
    for pattern in patterns:
        for values in _plans(pattern, sizes, small or {}):
            if pattern.elements(values) <= MAX_ELEMENTS or not found:
                found.setdefault(pattern.case(values, make))
    return tuple(found)


def longest(case: Case) -> int:
    """Return the longest dimension of a case: no sum along one dimension has more terms."""
    return max((max(recipe.shape, default=1) for _, recipe in leaves(case)), default=1)


def _plans(pattern: Pattern, sizes: Mapping[str, Varying], small: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Yield the sizes of each fixed case."""
    names = pattern.names()
    spread = (4, 5, 3, 6, 2, 7)
    plain = {name: sizes[name].near(small.get(name, spread[at % len(spread)])) for at, name in enumerate(names)}
    yield plain
    yield {name: sizes[name].least or sizes[name].near(1) for name in names}
    least = {name: sizes[name].near(2) for name in names}
    for at, name in enumerate(reversed(names)):
        for long in LONG[:2] if at < 2 else LONG[2:3]:
            yield {**(least if long > 200 else plain), name: sizes[name].near(long)}
    yield {name: sizes[name].near(17 if at % 2 else 31) for at, name in enumerate(names)}


def _room(pattern: Pattern, values: Mapping[str, int], size: Varying, name: str, limit: int) -> int:
    """Return the largest legal value of a size with which no tensor has more than `limit` elements."""
    value = size.least or size.step
    while pattern.elements({**values, name: 2 * value}) <= limit and 2 * value <= limit:
        value *= 2
    while pattern.elements({**values, name: value + size.step}) <= limit and value + size.step <= limit:
        value += size.step
    return value if size.high is None else min(value, size.high)


def _check(sizes: Mapping[str, Varying], patterns: Sequence[Pattern]) -> None:
    for pattern in patterns:
        for name in pattern.names():
            if name not in sizes:
                raise TaskError(f"{pattern}: the size {name!r} has no entry: {choices(name, sizes)}")


def _tensors(value: Any) -> Iterator[Sized]:
    if isinstance(value, Sized):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _tensors(item)


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, Sized):
        yield from (each.rpartition("*")[2] for each in (*value.dims, value.below) if isinstance(each, str))
    elif isinstance(value, Tied):
        yield value.size
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _names(item)


def _made(value: Any, values: Mapping[str, int], make: Callable[[Sized, tuple[int, ...], str | None], Tensor]) -> Any:
    if isinstance(value, Sized):
        fill = value.fill if value.below is None else f"integers(0, {max(1, _sized(value.below, values))})"
        return make(value, tuple(_sized(dim, values) for dim in value.dims), fill)
    if isinstance(value, Tied):
        return values[value.size]
    if isinstance(value, (tuple, list)):
        return type(value)(_made(item, values, make) for item in value)
    return value


def _sized(dim: str | int, values: Mapping[str, int]) -> int:
    if isinstance(dim, int):
        return dim
    times, _, name = dim.rpartition("*")
    return int(times or 1) * values[name]
