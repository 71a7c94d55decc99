"""What may vary in the arguments of a reference, found out from example inputs and by trying other sizes.

Sizes that are equal in the examples stay equal. Sizes of one value are then changed together, alone and with the whole
numbers of that value among the arguments: what the reference accepts varies, in steps where it only takes multiples,
and what it accepts no change of is kept. The reference runs on tensors of the meta device, which compute nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_kernelbench.authoring.patterns import Pattern, Sized, Tied, Varying
from pytest_kernelbench.evaluation.trying import Indices, Works, base_of, dtypes_of, written_by
from pytest_kernelbench.model.case import Case, DType, Generator, Tensor, leaves, map_tensors

PRIMES = (7, 13)
"""Sizes, among others, that a size that varies freely must be able to have."""

STEPS = (2, 4, 8, 16, 32, 64, 128)
"""Steps that are tried where a size cannot have every value."""

MAX_LOW = 64
"""Largest value of the smallest size that is looked for."""

JOINT = 12
"""Random choices of all sizes together that must work."""

Slot = tuple[str, int]
"""Path of a tensor and the number of one of its dimensions; for a whole number among the arguments, -1."""


@dataclass(frozen=True, slots=True)
class Inferred:
    """What was found out."""

    sizes: Mapping[str, Varying]
    patterns: tuple[Pattern, ...]
    dtypes: tuple[str, ...]
    small: Mapping[str, int]
    """Sizes of the first fixed case."""
    mutates: tuple[str, ...] = ()
    """Arguments that the reference writes."""

    def told(self) -> str:
        """Return one line for the user."""
        parts = [
            ", ".join(_told(name, value) for name, value in pattern.arguments.items()) for pattern in self.patterns
        ]
        varies = [f"{name} {_range(each)}" for name, each in self.sizes.items()]
        written = f"; writes {', '.join(self.mutates)}" if self.mutates else ""
        return f"{' | '.join(parts)}: {', '.join(varies) or 'no size'} varies; {', '.join(self.dtypes)}{written}"


@dataclass(slots=True)
class _Group:
    """The slots that have one size in an example."""

    value: int
    slots: list[Slot]
    numbers: list[Slot] = field(default_factory=list)
    """Whole numbers among the arguments that have to change with it."""
    varying: Varying | None = None
    """What it may be; None where it is kept."""
    name: str = ""
    of: tuple[int, _Group] | None = None
    """The group that it is a multiple of, with the factor."""


def infer(reference: Callable[..., Any], examples: Sequence[Case], dtypes: Sequence[str] | None = None) -> Inferred:
    """Return what may vary; the examples should differ where that matters. Raises `TaskError` for one that fails."""
    sizes: dict[str, Varying] = {}
    patterns: dict[str, Pattern] = {}
    small: dict[str, int] = {}
    for example in examples:
        works = Works(reference, example)
        groups = _groups(works, example)
        pattern = _named(example, groups, 0)
        if repr(pattern) not in patterns:
            pattern = _named(example, groups, len(sizes))
            patterns[repr(pattern)] = pattern
            sizes |= {each.name: each.varying for each in groups if each.varying is not None}
            small |= {each.name: each.value for each in groups if each.varying is not None and each.value <= 8}
    first = next(iter(patterns.values()))
    tied = Indices(reference, sizes)
    bounded = tuple(tied.bounded(pattern) for pattern in patterns.values())
    plain = tied.plain(bounded[0])
    taken = tuple(dtypes) if dtypes is not None else dtypes_of(reference, plain, first, examples[0])
    return Inferred(sizes, bounded, taken, small, written_by(reference, plain))


def _named(example: Case, groups: Sequence[_Group], known: int) -> Pattern:
    """Return the pattern of an example, with names for the sizes that vary; `known` names are taken."""
    for index, group in enumerate(group for group in groups if group.varying is not None):
        group.name = _letter(known + index)
    return _pattern(example, groups)


def _groups(works: Works, example: Case) -> list[_Group]:
    """Return the sizes of an example with what each of them may be."""
    groups: dict[int, _Group] = {}
    for path, recipe in leaves(example):
        for axis, size in enumerate(recipe.shape):
            if size > 1:  # a size of one broadcasts, or stands for a dimension that is left out
                groups.setdefault(size, _Group(size, [])).slots.append((path, axis))
    numbers = dict(_numbers(example))
    for group in groups.values():
        _vary(works, example, group, [slot for slot, value in numbers.items() if value == group.value], numbers)
    _relate(works, example, list(groups.values()))
    kept: list[_Group] = []
    for group in groups.values():
        if group.varying is not None and not _together(works, example, [*kept, group], list(groups.values())):
            group.varying = None
        if group.varying is not None:
            kept.append(group)
    return list(groups.values())


def _vary(works: Works, example: Case, group: _Group, equal: list[Slot], numbers: Mapping[Slot, int]) -> None:
    """Find out what a size may be: anything, multiples, or nothing else; with equal numbers where it needs them."""
    steps = sorted(
        {value for value in numbers.values() if value > 1 and group.value % value == 0 and value < group.value}
    )
    for moved in ([], equal) if equal else ([],):
        for step in (1, *steps, *(step for step in STEPS if group.value % step == 0)):
            tried = [step * value for value in (*PRIMES, group.value + 1, 2 * group.value)]
            if all(works(_changed(example, group.slots + moved, value)) for value in tried):
                lows = (value for value in range(step, MAX_LOW * step + 1, step))
                low = next(
                    (value for value in lows if works(_changed(example, group.slots + moved, value))), group.value
                )
                group.varying, group.numbers = Varying(low, step), moved
                return


def _relate(works: Works, example: Case, groups: list[_Group]) -> None:
    """Find sizes that can only change with a smaller one that they are a multiple of."""
    kept = [group for group in groups if group.varying is None]
    for group in kept:
        for other in sorted(kept, key=lambda each: each.value):
            times, rest = divmod(group.value, other.value)
            if rest or times < 2 or other.of is not None or group.of is not None:
                continue
            both = [_changed(_changed(example, group.slots, times * value), other.slots, value) for value in PRIMES]
            if all(map(works, both)):
                other.varying, group.of = Varying(), (times, other)


def _together(works: Works, example: Case, groups: list[_Group], everything: list[_Group]) -> bool:
    """Whether the sizes may change independently of each other, those that are multiples of one with it.

    The last one's lowest value is raised where all of them cannot be that small together.
    """
    last = groups[-1]
    assert last.varying is not None
    if len(groups) < 2:
        return True
    random_ = random.Random(0)
    for _ in range(JOINT):
        values = [
            group.varying.near(random_.randint(group.varying.low, 6 * group.varying.low + 40))
            for group in groups
            if group.varying is not None
        ]
        if not works(_all_changed(example, groups, everything, values)):
            return False
    others = [group.varying.least for group in groups[:-1] if group.varying is not None]
    for low in range(last.varying.least, MAX_LOW * last.varying.step + 1, last.varying.step):
        if works(_all_changed(example, groups, everything, [*others, low])):
            last.varying = replace(last.varying, low=low)
            return True
    return False


def _all_changed(example: Case, groups: list[_Group], everything: list[_Group], values: Sequence[int]) -> Case:
    """Return an example with another value for each of some sizes, and for those that are multiples of one."""
    case = example
    for group, value in zip(groups, values, strict=True):
        case = _changed(case, group.slots + group.numbers, value)
        for other in everything:
            if other.of is not None and other.of[1] is group:
                case = _changed(case, other.slots, other.of[0] * value)
    return case


def _changed(case: Case, slots: Sequence[Slot], value: int) -> Case:
    """Return a case with another value for some sizes and numbers."""
    axes: dict[str, set[int]] = {}
    for path, axis in slots:
        axes.setdefault(path, set()).add(axis)

    def change(path: str, recipe: Tensor) -> Tensor:
        at = axes.get(path, set())
        shape = tuple(value if axis in at else size for axis, size in enumerate(recipe.shape))
        return Tensor(shape, recipe.dtype, recipe.fill)

    changed = map_tensors(case, change)
    return Case(**{name: _renumbered(name, each, axes, value) for name, each in changed.arguments.items()})


def _renumbered(path: str, argument: Any, axes: Mapping[str, set[int]], value: int) -> Any:
    if isinstance(argument, (tuple, list)):
        return type(argument)(_renumbered(f"{path}[{index}]", item, axes, value) for index, item in enumerate(argument))
    return value if -1 in axes.get(path, ()) else argument


def _numbers(case: Case) -> Iterator[tuple[Slot, int]]:
    """Yield the whole numbers among the arguments, with where they are."""

    def inside(path: str, value: Any) -> Iterator[tuple[Slot, int]]:
        if type(value) is int:
            yield (path, -1), value
        elif isinstance(value, (tuple, list)):
            for index, item in enumerate(value):
                yield from inside(f"{path}[{index}]", item)

    for name, value in case.arguments.items():
        yield from inside(name, value)


def _pattern(example: Case, groups: Sequence[_Group]) -> Pattern:
    """Return the pattern of an example."""
    dims: dict[Slot, str | int] = {}
    for group in groups:
        for slot in group.slots + group.numbers:
            if group.of is not None and group.of[1].name:
                dims[slot] = f"{group.of[0]}*{group.of[1].name}"
            elif group.varying is not None:
                dims[slot] = group.name
    base = base_of(example)

    def made(path: str, value: Any) -> Any:
        if isinstance(value, Tensor):
            sized = [dims.get((path, axis), size) for axis, size in enumerate(value.shape)]
            fill = None if value.fill == "normal" else value.fill
            return Sized(*sized, dtype=None if value.dtype == base else value.dtype, fill=fill)
        if isinstance(value, (tuple, list)):
            return type(value)(made(f"{path}[{index}]", item) for index, item in enumerate(value))
        tied = dims.get((path, -1))
        return Tied(tied) if isinstance(tied, str) else value

    return Pattern(**{name: made(name, value) for name, value in example.arguments.items()})


def _letter(index: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return letters[index] if index < len(letters) else f"size{index}"


def _told(name: str, value: Any) -> str:
    if isinstance(value, Sized):
        below = f" below {value.below}" if value.below is not None else ""
        return f"{name}[{', '.join(map(str, value.dims))}]{below}"
    if isinstance(value, (tuple, list)) and any(isinstance(item, (Sized, Tied)) for item in value):
        return f"{name}=({', '.join(_told('', item).removeprefix('=') for item in value)})"
    if isinstance(value, Tied):
        return f"{name}={value.size}"
    return name if isinstance(value, (DType, Generator)) else f"{name}={value}"


def _range(varying: Varying) -> str:
    return f"from {varying.low}" if varying.step == 1 else f"in multiples of {varying.step}"
