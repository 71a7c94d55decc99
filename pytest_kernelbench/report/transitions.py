"""Transitions between two rounds: the tasks that a round repaired or broke, and the change of speed."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from pytest_kernelbench.model.record import Record, SpeedRecord
from pytest_kernelbench.report.metrics import Figure, bootstrap, passes, share, undecided
from pytest_kernelbench.report.speedups import geometric_mean, speedups


@dataclass(frozen=True, slots=True)
class Transitions:
    """All tasks by the verdicts of two rounds; every list is sorted, and each task is in one of them."""

    persistent: tuple[str, ...]
    """Tasks whose kernel is right in both rounds."""
    rescued: tuple[str, ...]
    """Tasks whose kernel was wrong and became right."""
    regressed: tuple[str, ...]
    """Tasks whose kernel was right and became wrong."""
    failing: tuple[str, ...]
    """Tasks whose kernel is wrong in both rounds."""
    unjudged: tuple[str, ...]
    """Tasks with a kernel in both rounds, of which at least one could not be judged."""
    only_before: tuple[str, ...]
    """Tasks with a kernel in the earlier round only."""
    only_after: tuple[str, ...]
    """Tasks with a kernel in the later round only."""
    absent: tuple[str, ...]
    """Tasks without a kernel in either round."""

    @property
    def before(self) -> Figure:
        """Share of the tasks judged in both rounds that are right in the earlier one."""
        return share(len(self.persistent) + len(self.regressed), self.judged)

    @property
    def after(self) -> Figure:
        """Share of the tasks judged in both rounds that are right in the later one."""
        return share(len(self.persistent) + len(self.rescued), self.judged)

    @property
    def judged(self) -> int:
        """Number of tasks with a kernel that could be judged in both rounds."""
        return len(self.persistent) + len(self.rescued) + len(self.regressed) + len(self.failing)

    @property
    def p(self) -> float:
        """p-value of McNemar's exact test for the numbers of rescued and regressed tasks."""
        return mcnemar(len(self.rescued), len(self.regressed))


def transitions(
    before: Mapping[str, Record], after: Mapping[str, Record], tasks: Collection[str], demand: str = "all"
) -> Transitions:
    """Return the transitions between two rounds; a kernel that meets `demand` is right.

    Only tasks with a kernel in both rounds are compared. A kernel that is absent from the later round did not regress,
    because a round may contain only the kernels that it changed.
    """
    lists: dict[str, list[str]] = {name: [] for name in Transitions.__dataclass_fields__}
    for task in sorted(tasks):
        lists[_kind(before.get(task), after.get(task), demand)].append(task)
    return Transitions(**{name: tuple(found) for name, found in lists.items()})


def _kind(before: Record | None, after: Record | None, demand: str) -> str:
    if before is None or after is None:
        return "only_before" if before else "only_after" if after else "absent"
    if undecided(before, demand) or undecided(after, demand):
        return "unjudged"
    if passes(before, demand):
        return "persistent" if passes(after, demand) else "regressed"
    return "rescued" if passes(after, demand) else "failing"


def mcnemar(one: int, other: int) -> float:
    """Return the two-sided exact p-value of two counts of discordant pairs, from the binomial distribution with 1/2.

    Source: McNemar, Psychometrika 12 (1947) 153; exact as in Fleiss, Levin and Paik, Statistical Methods for Rates and
    Proportions (2003), 13.1.
    """
    n = one + other
    tail = sum(math.comb(n, i) for i in range(min(one, other) + 1))
    return min(1.0, float(2 * tail / 2**n))


@dataclass(frozen=True, slots=True)
class PairedChange:
    """The change of speed between two rounds, on the same tasks; and the means of each round, of different tasks."""

    change: Figure
    """Geometric mean of the later over the earlier speedup, on persistent tasks and workloads timed in both rounds."""
    before: Figure
    """Geometric mean of the speedups that were right in the earlier round."""
    after: Figure
    """Geometric mean of the speedups that are right in the later round; its tasks are not those of `before`."""
    rescued: Figure
    """Geometric mean of the rescued tasks' speedups in the later round."""
    without_rescued: Figure
    """Geometric mean of the persistent tasks' speedups in the later round."""


def paired_change(
    found: Transitions,
    before: Mapping[str, Sequence[SpeedRecord]],
    after: Mapping[str, Sequence[SpeedRecord]],
    right_before: Collection[str],
    right_after: Collection[str],
    of: int,
) -> PairedChange:
    """Return the change of speed between two rounds on one device; the intervals resample tasks.

    Rescued kernels are new in the later mean and often slow, so that it can fall while no kernel became slower: 92
    kernels at 1.58 and 29 more at 1.16 have the mean 1.47.
    """
    one, two = speedups(before, right_before), speedups(after, right_after)
    common = [task for task in found.persistent if task in one and task in two]
    changes = [change for task in common if (change := _log_change(before[task], after[task])) is not None]
    return PairedChange(
        bootstrap(changes, lambda logs: math.exp(fmean(logs)), len(found.persistent)),
        geometric_mean(one, of),
        geometric_mean(two, of),
        geometric_mean({task: two[task] for task in found.rescued if task in two}, len(found.rescued)),
        geometric_mean({task: two[task] for task in found.persistent if task in two}, len(found.persistent)),
    )


def _log_change(before: Sequence[SpeedRecord], after: Sequence[SpeedRecord]) -> float | None:
    """Return the mean change of the logarithm of the speedup over common workloads; None without any."""
    old = {record.workload: record.ratio for record in before if record.ratio is not None}
    new = {record.workload: record.ratio for record in after if record.ratio is not None}
    common = old.keys() & new.keys()
    return fmean(math.log(new[name] / old[name]) for name in sorted(common)) if common else None
