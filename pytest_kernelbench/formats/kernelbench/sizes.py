"""What may vary in a problem: the relation of each of its numbers to the others, and small sizes that keep them.

Nothing is read from the code: the reference is asked which sizes it takes, on tensors without contents. A number that
it takes one larger and one smaller is free. Others are equal to another number, proportional to one, multiples of a
step, divisors of another number, or fixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from pytest_kernelbench.formats.kernelbench.probe import Probe

LARGE = 16
"""Numbers from here on are sizes; smaller ones are options, such as the size of a window."""

SMALLER = (3, 4)
"""Sizes to try before those where there are many dimensions."""

SMALL = (5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 26, 28, 30, 32, 36, 40, 48, 56, 64, 80, 96, 128)
"""Sizes to try in the place of large ones, in this order."""

BATCH = (3, 2, 4)
"""The same for the first dimension of the first input."""

MANY = 4000
"""Elements of inputs and results from which on `SMALLER` sizes are tried."""

RATES = ((2, 1), (1, 2), (3, 1), (1, 3), (4, 1), (1, 4))
"""Steps of two proportional numbers."""

DIVISORS = (4, 2, 3, 8, 16)
"""The same for numbers that divide another one."""

STEPS = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128, 256, 512, 1024)
"""Steps to try for multiples."""


@dataclass(frozen=True, slots=True)
class Relation:
    """How numbers of a problem may vary together."""

    kind: str
    """`free`, `equal`, `proportional`, `multiple` or `divides`."""
    names: tuple[str, ...]
    """The numbers that vary together."""
    step: int = 1
    """By how much the value of the first number may change: this much, or a multiple of it."""
    lines: tuple[tuple[int, int], ...] = ()
    """For `proportional`: a value of each number, and how much it changes with a step of the first one."""

    def at(self, value: int) -> dict[str, int]:
        """Return the numbers where the first one has a value; a proportional one that is not whole becomes 0."""
        if not self.lines:
            return dict.fromkeys(self.names, value)
        steps, rest = divmod(value - self.lines[0][0], self.lines[0][1])
        others = (0 if rest else start + steps * rate for start, rate in self.lines[1:])
        return dict(zip(self.names, (value, *others), strict=True))


@dataclass(frozen=True, slots=True)
class Scaled:
    """Small sizes of a problem, and what may vary around them."""

    base: Mapping[str, int]
    """Small sizes, for the numbers that are not as published."""
    relations: tuple[Relation, ...]
    """What may vary around them, the largest published number first."""
    fixed: tuple[str, ...]
    """Large numbers that must stay as they are."""
    batch: Relation | None
    """The relation of the first dimension of the first input, if it is free."""


def scaled(probe: Probe) -> Scaled:
    """Return small sizes that keep every relation that the reference needs."""
    found = list(_relations(probe))
    known = {name for relation in found for name in relation.names}
    numbers = probe.problem.numbers
    fixed = tuple(name for name, value in numbers.items() if value >= LARGE and name not in known)
    batch = next((each for each in found if each.kind == "free" and _is_batch(probe, each)), None)
    order = sorted(found, key=lambda each: (each.kind != "divides", each is not batch, numbers[each.names[0]]))
    base = _base(probe, order, batch, SMALL)
    outcome = probe.outcome(base)
    if outcome is None or outcome.elements > MANY:
        base = _base(probe, order, batch, (*SMALLER, *SMALL))
    around = [_around(probe, relation, base) for relation in found]
    return Scaled(base, tuple(each for each in around if each is not None), fixed, batch)


def _base(probe: Probe, order: list[Relation], batch: Relation | None, sizes: tuple[int, ...]) -> dict[str, int]:
    base: dict[str, int] = {}
    for relation in order:
        base |= _smaller(probe, relation, base, BATCH if relation is batch else sizes)
    return base


def _relations(probe: Probe) -> Iterator[Relation]:
    """Yield the relations of all sizes, and of the options that divide one of them; the largest number first."""
    numbers = probe.problem.numbers
    waiting = [name for name in sorted(numbers, key=lambda name: -numbers[name]) if numbers[name] >= LARGE]
    multiples: list[Relation] = []
    while waiting:
        name = waiting.pop(0)
        relation = _relation(probe, name, waiting)
        if relation is not None:
            waiting = [each for each in waiting if each not in relation.names]
            multiples += [relation] if relation.kind == "multiple" else []
            yield relation
    for name, value in numbers.items():
        if 2 < value < LARGE and any(_sets_the_step(probe, name, each) for each in multiples):
            yield Relation("divides", (name,))


def _sets_the_step(probe: Probe, name: str, multiple: Relation) -> bool:
    """Whether a number is why another one is a multiple: with half of it, half of the step is enough."""
    value, other = probe.problem.numbers[name], multiple.names[0]
    half = value // 2
    return value == multiple.step and probe.takes({name: half, other: probe.problem.numbers[other] + half})


def _relation(probe: Probe, name: str, others: list[str]) -> Relation | None:
    value = probe.problem.numbers[name]
    if probe.takes({name: value + 1}) and probe.takes({name: value - 1}):
        return Relation("free", (name,))
    same = [other for other in others if probe.problem.numbers[other] == value]
    for count in range(1, len(same) + 1):
        for group in combinations(same, count):
            relation = Relation("equal", (name, *group))
            if probe.takes(relation.at(value - 1)) and probe.takes(relation.at(value + 1)):
                return relation
    step = next((step for step in STEPS if step < value and _moves(probe, name, step)), None)
    if step is not None:
        return Relation("multiple", (name,), step)
    for other in others:
        for mine, theirs in RATES:
            relation = Relation(
                "proportional", (name, other), mine, ((value, mine), (probe.problem.numbers[other], theirs))
            )
            if all(probe.takes(relation.at(value + count * mine)) for count in (-2, -1, 1, 2)):
                return relation
    return _divisor(probe, name)


def _moves(probe: Probe, name: str, step: int) -> bool:
    value = probe.problem.numbers[name]
    return probe.takes({name: value + step}) and probe.takes({name: value - step})


def _divisor(probe: Probe, name: str) -> Relation | None:
    value = probe.problem.numbers[name]
    divides = value % 2 == 0 and probe.takes({name: value // 2})
    return Relation("divides", (name,)) if divides else None


def _is_batch(probe: Probe, relation: Relation) -> bool:
    """Whether the relation is about the first dimension of the first input, and of nothing that is constructed."""
    changed = probe.outcome(relation.at(probe.problem.numbers[relation.names[0]] - 1))
    before = probe.published
    if changed is None or before is None or changed.init_inputs != before.init_inputs:
        return False
    shapes = [(each.shape, other.shape) for each, other in zip(before.inputs, changed.inputs, strict=True)]
    old, new = shapes[0]
    return bool(old and new and old[0] != new[0] and old[1:] == new[1:]) and changed.parameters == before.parameters


def _smaller(probe: Probe, relation: Relation, base: Mapping[str, int], sizes: tuple[int, ...]) -> dict[str, int]:
    """Return the numbers of a relation at the first size that the reference takes; nothing where it takes none.

    Sizes that other numbers have come last, so that a kernel cannot take one dimension for another.
    """
    value = probe.problem.numbers[relation.names[0]]
    if relation.kind == "divides":
        sizes = DIVISORS
    elif relation.kind == "multiple":
        sizes = tuple(sorted({factor * step for step in STEPS for factor in (2, 3) if step <= relation.step}))
    taken = set(base.values())
    for size in sorted(sizes, key=lambda size: size in taken):
        if size < value and probe.takes({**base, **relation.at(size)}):
            return relation.at(size)
    return {}


def _around(probe: Probe, relation: Relation, base: Mapping[str, int]) -> Relation | None:
    """Return the relation as it is around the small sizes; None where nothing can vary there."""
    value = probe.sizes(base)[relation.names[0]]
    if relation.kind == "divides":
        return None
    for step in STEPS if relation.kind == "multiple" else (1, *STEPS):
        if all(probe.takes({**base, **relation.at(value + factor * step)}) for factor in (1, 2)):
            kind = relation.kind if step == 1 or relation.kind != "free" else "multiple"
            return Relation(kind, relation.names, step, relation.lines)
    return None
