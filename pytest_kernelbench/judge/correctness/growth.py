"""The dimensions of a case, and cases in which one of them is longer.

Axes of equal size are taken to be one dimension, since a case has no names for its dimensions: it is grown in all
tensors, in arguments that are shapes, and in the fills that depend on it together.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from dataclasses import replace as with_fields
from typing import Any

from pytest_kernelbench.model.case import Case, Tensor, leaves, map_tensors

DIMS = ("dim", "dims", "axis")
"""Arguments that name dimensions of the first tensor."""

SHAPES = ("normalized_shape", "target_sizes", "num_features")
"""Arguments that are shapes, or one size."""

Role = frozenset[tuple[str, int, bool]]
"""What identifies a dimension in all cases of a task: the axes that have it, as argument, position from the end, and
whether an argument such as `dim` names that axis. A reduced dimension and a kept one are two roles."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of a case."""

    size: int
    rank: int
    """Largest rank of a tensor that has it."""
    last: bool
    """Whether it is the last axis of a tensor of that rank."""
    role: Role

    @property
    def named(self) -> bool:
        """Whether an argument such as `dim` names it."""
        return any(named for _, _, named in self.role)


def dimensions(case: Case) -> list[Dimension]:
    """Return the dimensions of a case that are longer than 1, the last axis of the first tensor first."""
    named = _named(case)
    roles: dict[int, set[tuple[str, int, bool]]] = defaultdict(set)
    places: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for number, (path, recipe) in enumerate(leaves(case)):
        rank = len(recipe.shape)
        for axis in reversed(range(rank)):
            listed = number == 0 and named is not None and (not named or axis in {each % rank for each in named})
            roles[recipe.shape[axis]].add((path.partition("[")[0], axis - rank, listed))
            places[recipe.shape[axis]].add((rank, axis - rank))
    counts = _counts(case)
    found = [(size, max(places[size]), frozenset(role)) for size, role in roles.items() if size > 1]
    found = [each for each in found if not any(name in counts for name, _, _ in each[2])]
    return [Dimension(size, rank, axis == -1, role) for size, (rank, axis), role in found]


def _counts(case: Case) -> set[str]:
    """Return the arguments whose elements add up to the size of the result that another argument gives."""
    if not isinstance(case.arguments.get("output_size"), int):
        return set()
    return {path.partition("[")[0] for path, recipe in leaves(case) if recipe.dtype.startswith("int")}


def _named(case: Case) -> tuple[int, ...] | None:
    """Return the dimensions that an argument names, none of them for all; None where no argument does."""
    for name in DIMS:
        if name in case.arguments:
            value = case.arguments[name]
            if value is None or isinstance(value, int):
                return () if value is None else (value,)
            return tuple(each for each in value if isinstance(each, int)) or None
    return None


def grown(case: Case, size: int, target: int) -> Case:
    """Return the case with `target` in the place of a size: in tensors, in arguments that are shapes and in fills."""

    def change(path: str, recipe: Tensor) -> Tensor:
        shape = tuple(target if each == size else each for each in recipe.shape)
        return with_fields(recipe, shape=shape, fill=_fill(recipe.fill, size, target))

    resized = map_tensors(case, change).arguments
    return Case(**{name: _value(value, size, target) if name in SHAPES else value for name, value in resized.items()})


def _fill(fill: str, size: int, target: int) -> str:
    """Return the fill for a longer dimension: indices reach its end, and sums over it stay as large as they were."""
    known = {
        f"integers(0, {size})": f"integers(0, {target})",
        f"integers(-1, {size})": f"integers(-1, {target})",
        f"constant({1 / size})": f"constant({1 / target})",
        f"normal(0, {size**-0.5:.2g})": f"normal(0, {target**-0.5:.2g})",
    }
    return known.get(fill, fill)


def _value(value: Any, size: int, target: int) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(_value(each, size, target) for each in value)
    return target if value == size else value
