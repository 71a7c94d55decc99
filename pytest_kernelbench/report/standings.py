"""A ranking of submissions with ties: who is ahead of whom by more than chance, on the tasks of one category or all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pytest_kernelbench.model.record import Record
from pytest_kernelbench.report.metrics import Figure, passing, share
from pytest_kernelbench.report.results import Results, Variant
from pytest_kernelbench.report.transitions import mcnemar

ALPHA = 0.05
"""Two submissions are tied where the p-value of their difference is at least this."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The place of one variant in a ranking."""

    label: str
    """Submission and variant."""
    first: int
    """Its best place: one more than the number of variants that are ahead of it by more than chance."""
    last: int
    """Its worst place: the number of variants, less those that it is ahead of by more than chance."""
    kernels: int
    """Number of its kernels for these tasks."""
    passed: Figure
    """Share of the tasks whose kernel passes every facet."""
    plain: Figure
    """Share of the tasks whose kernel passes the plainest case."""


def standings(results: Results, variants: Sequence[Variant], tasks: Collection[str]) -> list[Standing]:
    """Return the ranking of some variants on some tasks, the highest rate first.

    A task without a kernel counts as failed. Two variants are compared by the tasks that only one of them solves, with
    McNemar's exact test; no correction is made for the number of pairs.
    """
    verdicts: Mapping[Variant, Mapping[str, Record]] = {
        variant: {task: each for task, each in results.correctness(variant).items() if task in tasks}
        for variant in variants
    }
    right = {variant: passing(verdicts[variant]) for variant in variants}
    found = []
    for variant in variants:
        mine = right[variant]
        ahead = sum(_is_ahead(right[other], mine) for other in variants)
        behind = sum(_is_ahead(mine, right[other]) for other in variants)
        plain = len(passing(verdicts[variant], "basic"))
        found.append(
            Standing(
                label=variant.label,
                first=1 + ahead,
                last=len(variants) - behind,
                kernels=len(verdicts[variant]),
                passed=share(len(mine), len(tasks)),
                plain=share(plain, len(tasks)),
            )
        )
    return sorted(found, key=lambda each: (-each.passed.n, -each.plain.n, each.label))


def _is_ahead(one: set[str], other: set[str]) -> bool:
    """Whether the first solves more tasks than the second, by more than chance."""
    more, fewer = len(one - other), len(other - one)
    return more > fewer and mcnemar(more, fewer) < ALPHA
