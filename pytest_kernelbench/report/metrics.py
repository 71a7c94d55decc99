"""Rates over all tasks, the comparison with fixed tests, and pass@k, each with a confidence interval."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean
from typing import TypeVar

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.record import RIGHT, Record
from pytest_kernelbench.model.task import ALL_FACETS
from pytest_kernelbench.report.results import HARMLESS, Results, Variant

LEVEL = 0.95
"""Confidence level of every interval in a report, except those of single measurements in records."""

RESAMPLES = 2000
"""Number of bootstrap resamples for an interval (B)."""

SEED = 0
"""Seed of the resampling: the same records give the same figures."""

DEMANDS = ("loads", "runs", *ALL_FACETS, "all")
"""Demands on a kernel: to load, to run, to pass one facet whatever the others show, to pass all facets."""

NO_VERDICT = ("unsupported", "error", "timeout")
"""Statuses that say nothing about a kernel's results."""

ABSENT = "absent"
"""The entry for tasks without a kernel, in counts of statuses."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its confidence interval and its sample size."""

    value: float | None
    """None where there is no data."""
    low: float | None
    """Low end of the interval; None where there is none."""
    high: float | None
    """High end of the interval; None where there is none."""
    n: int
    """Number of successes of a share, or of the values of a mean."""
    of: int
    """Number of all items, absent ones included."""


def share(count: int, of: int, level: float = LEVEL) -> Figure:
    """Return a share with its Wilson score interval.

    Source: Wilson, JASA 22 (1927) 209. Unlike the Wald interval it does not collapse at 0 or at `of`: with 0 of 30, a
    rate of up to 11.4 % is within it.
    """
    if not of:
        return Figure(None, None, None, 0, 0)
    z = NormalDist().inv_cdf((1 + level) / 2)
    p, weight = count / of, z * z / of
    centre = (p + weight / 2) / (1 + weight)
    half = z * math.sqrt(p * (1 - p) / of + weight / (4 * of)) / (1 + weight)
    low = 0.0 if count == 0 else centre - half  # the ends are exact here, and rounding would miss them
    high = 1.0 if count == of else centre + half
    return Figure(p, low, high, count, of)


def bootstrap(items: Sequence[T], statistic: Callable[[Sequence[T]], float], of: int) -> Figure:
    """Return a statistic with its bootstrap percentile interval, from `RESAMPLES` resamples with replacement.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13. The items are tasks, because
    kernels of one task are not independent observations. Fewer than two items have no interval.
    """
    n = len(items)
    if not n:
        return Figure(None, None, None, 0, of)
    if n == 1:
        return Figure(statistic(items), None, None, 1, of)
    draw = random.Random(SEED)
    found = sorted(statistic(draw.choices(items, k=n)) for _ in range(RESAMPLES))
    return Figure(statistic(items), quantile(found, (1 - LEVEL) / 2), quantile(found, (1 + LEVEL) / 2), n, of)


def quantile(ordered: Sequence[float], p: float) -> float:
    """Return a quantile of sorted values, with linear interpolation (type 7 of Hyndman and Fan, 1996)."""
    position = p * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])


def passes(record: Record, demand: str) -> bool:
    """Whether a kernel meets one of `DEMANDS`; it meets `all` only if every facet was tried."""
    if demand == "all":
        return record.status == "passed" and record.stage == "all"
    if demand == "loads":
        return record.stage != ABSENT
    if demand == "runs":
        return record.stage not in (ABSENT, "loads")
    return record.facets.get(demand) in RIGHT


def fails(record: Record) -> bool:
    """Whether a kernel is wrong or rejected: one that refuses some inputs, or has no verdict, is neither."""
    return record.status not in (*RIGHT, *NO_VERDICT, "refused")


def undecided(record: Record, demand: str) -> bool:
    """Whether a kernel does not meet a demand, but no fault was found: a device could not tell, or did not try."""
    statuses = {record.facets[demand]} if demand in record.facets else {record.status, *record.facets.values()}
    return not passes(record, demand) and statuses <= set(HARMLESS)


def passing(verdicts: Mapping[str, Record], demand: str = "all") -> set[str]:
    """Return the tasks whose kernel meets a demand."""
    return {task for task, record in verdicts.items() if passes(record, demand)}


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of one variant over all tasks."""

    met: Mapping[str, Figure]
    """Share of tasks whose kernel meets each of `DEMANDS`."""
    statuses: Mapping[str, int]
    """Number of tasks with each status, and without a kernel (`absent`); the sum is the number of all tasks."""


def rates(verdicts: Mapping[str, Record], tasks: Collection[str]) -> Rates:
    """Return the rates over `tasks`; a task without a kernel counts as failed.

    A kernel that the device could not judge (`unsupported`, `error`) counts as failed too; `statuses` shows them
    separately.
    """
    mine = {task: verdicts[task] for task in tasks if task in verdicts}
    statuses = Counter(record.status for record in mine.values())
    statuses[ABSENT] = len(tasks) - len(mine)
    return Rates({demand: share(len(passing(mine, demand)), len(tasks)) for demand in DEMANDS}, statuses)


def rates_by_category(verdicts: Mapping[str, Record], tasks: Mapping[str, str]) -> dict[str, Rates]:
    """Return the rates of each category; `tasks` maps every task to its category."""
    categories = dict.fromkeys(tasks.values())
    return {name: rates(verdicts, [task for task in tasks if tasks[task] == name]) for name in categories}


@dataclass(frozen=True, slots=True)
class FixedTests:
    """Kernels that would pass tests on a few ordinary inputs, compared with those that pass every facet."""

    fixed: Figure
    """Share of tasks whose kernel passes `basic`."""
    all: Figure
    """Share of tasks whose kernel passes every facet."""
    caught: Mapping[str, Sequence[str]]
    """Tasks whose kernel passes `basic` only, by the first facet that failed, or by status where no facet did."""


def against_fixed_tests(verdicts: Mapping[str, Record], tasks: Collection[str]) -> FixedTests:
    """Return the comparison with fixed tests: `basic` stands for them, the other facets show what they miss."""
    caught: dict[str, list[str]] = {}
    for task in sorted(set(tasks) & passing(verdicts, "basic") - passing(verdicts)):
        record = verdicts[task]
        failed = (facet for facet in ALL_FACETS if record.facets.get(facet, "passed") not in HARMLESS)
        by = next(failed, record.status if record.status != "passed" else "not every facet was tried")
        caught.setdefault(by, []).append(task)
    met = rates(verdicts, tasks).met
    return FixedTests(met["basic"], met["all"], caught)


def pass_at_k(results: Results, submission: str, k: int, demand: str = "all") -> Figure:
    """Return pass@k: the probability that at least one of k samples is right, as the mean over all tasks.

    For a task with c right kernels in n samples it is 1 - C(n-c, k)/C(n, k), which is unbiased (Chen et al., arXiv
    2107.03374); it is computed as a product that cannot overflow. The interval resamples tasks. A sample without a
    kernel for a task counts as wrong. Raises `KernelBenchError` where the variants are not samples, or fewer than k.
    """
    right = [passing(results.correctness(variant), demand) for variant in samples(results, submission, k)]
    counts = [sum(task in each for each in right) for task in results.tasks]
    return bootstrap([_pass_at_k(len(right), count, k) for count in counts], fmean, len(counts))


def _pass_at_k(n: int, right: int, k: int) -> float:
    return 1 - math.prod(1 - k / i for i in range(n - right + 1, n + 1)) if n - right >= k else 1.0


def samples(results: Results, submission: str, k: int) -> list[Variant]:
    """Return the variants of a submission; raises `KernelBenchError` unless they are at least k independent samples."""
    variants = [variant for variant in results.variants if variant.submission == submission]
    names = ", ".join(variant.label for variant in variants) or "there is no such submission"
    if not all(re.fullmatch(r"sample_?\d+", variant.name or "") for variant in variants) or not variants:
        raise KernelBenchError(f"{submission}: @k needs independent samples (sample_0, sample_1, ...), not {names}")
    if not 1 <= k <= len(variants):
        raise KernelBenchError(f"{submission}: k = {k} needs at least k samples, and k at least 1; there are {names}")
    return variants
