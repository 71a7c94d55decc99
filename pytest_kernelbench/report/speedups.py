"""Speedups by task: geometric means, shares of faster kernels, differences between GPUs, and eff@k."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from pytest_kernelbench.model.record import VERDICTS, SpeedRecord
from pytest_kernelbench.report.metrics import Figure, bootstrap, passing, quantile, samples, share
from pytest_kernelbench.report.results import Results

MARGIN = 0.02
"""Relative difference below which two times count as the same, as in the verdicts of records."""

CENSORED_AT = 2.0
"""Limit T of eff@k, in times of the baseline: a kernel this slow, or slower, has the efficiency 0."""


@dataclass(frozen=True, slots=True)
class Speedup:
    """The speedup of the kernel of one task over the baseline, over all workloads."""

    ratio: float
    """Geometric mean of the workloads' ratios; above 1 the kernel is faster."""
    low: float
    """Low end of the 99 % interval, combined from those of the workloads."""
    high: float
    """High end of the 99 % interval, combined from those of the workloads."""
    workloads: int
    """Number of workloads that were timed."""
    verdict: str
    """One of `model.record.VERDICTS`."""


def speedups(speeds: Mapping[str, Sequence[SpeedRecord]], right: Collection[str]) -> dict[str, Speedup]:
    """Return the speedup of each task whose kernel is right and was timed on every workload that was tried.

    A kernel that fails on one workload has no speedup at all, because a mean over the other workloads would reward
    failing on large ones. A workload that is too large for the device is not a failure. `untimed` has the tasks that
    are left out.
    """
    timed = (task for task in speeds if task in right and not _reason_untimed(speeds[task]))
    return {task: _speedup(speeds[task]) for task in timed}


def untimed(speeds: Mapping[str, Sequence[SpeedRecord]], right: Collection[str]) -> dict[str, str]:
    """Return why tasks with a right kernel have no speedup: `not timed`, or a status and its workload."""
    reasons = {task: _reason_untimed(speeds.get(task, ())) for task in sorted(right)}
    return {task: reason for task, reason in reasons.items() if reason}


def _reason_untimed(records: Sequence[SpeedRecord]) -> str | None:
    for record in records:
        if record.status not in ("passed", "unsupported"):
            return f"{record.status} ({record.workload})"
        if record.status == "passed" and record.ratio is None:
            return f"not timed ({record.workload})"
    tried = any(record.status == "passed" for record in records)
    return None if tried else f"unsupported ({records[0].workload})" if records else "not timed"


def _speedup(records: Sequence[SpeedRecord]) -> Speedup:
    """Return the geometric mean of independent ratios; their intervals' logarithmic widths add in quadrature."""
    logs, lows, highs, verdicts = [], [], [], []
    for record in records:
        if record.ratio is not None and record.interval is not None:
            logs.append(math.log(record.ratio))
            lows.append(logs[-1] - math.log(record.interval[0]))
            highs.append(math.log(record.interval[1]) - logs[-1])
            verdicts.append(record.verdict)
    count, mean = len(logs), fmean(logs)
    low, high = math.exp(mean - math.hypot(*lows) / count), math.exp(mean + math.hypot(*highs) / count)
    verdict = verdicts[0] if count == 1 else None
    return Speedup(math.exp(mean), low, high, count, verdict or _verdict(low, high))


def _verdict(low: float, high: float) -> str:
    if low > 1 + MARGIN:
        return "faster"
    if high < 1 - MARGIN:
        return "slower"
    return "same" if low >= 1 - MARGIN and high <= 1 + MARGIN else "unclear"


def geometric_mean(found: Mapping[str, Speedup], of: int) -> Figure:
    """Return the geometric mean of the tasks' speedups; the interval resamples tasks.

    Source: Fleming and Wallace, CACM 29 (1986) 218; the arithmetic mean of twice and half as fast would be 1.25. Each
    task counts once, however many workloads it has. `n` is the number of tasks that are right and timed. Means of
    different tasks must not be compared (see `transitions.paired_change`); `fast_p` is a share of all tasks.
    """
    return bootstrap([math.log(each.ratio) for each in found.values()], lambda logs: math.exp(fmean(logs)), of)


@dataclass(frozen=True, slots=True)
class FastP:
    """The share of all tasks whose kernel is right and more than p times as fast as the baseline."""

    p: float
    """The speedup that must be exceeded."""
    point: Figure
    """Share of tasks whose measured ratio is above p."""
    certain: Figure
    """Share of tasks whose whole interval is above p."""
    possible: Figure
    """Share of tasks whose interval reaches above p."""


def fast_p(found: Mapping[str, Speedup], of: int, p: float) -> FastP:
    """Return fast_p over `of` tasks: KernelBench's definition (arXiv 2502.10517), with a strict >, and its bounds.

    At p = 1, noise decides whether the ratio of a kernel as fast as the baseline exceeds p. The bounds use the interval
    instead.
    """
    ratios = [(each.ratio, each.low, each.high) for each in found.values()]
    point, certain, possible = (share(sum(each[end] > p for each in ratios), of) for end in range(3))
    return FastP(p, point, certain, possible)


def verdict_shares(found: Mapping[str, Speedup]) -> dict[str, Figure]:
    """Return the share of each verdict among the tasks that are right and timed.

    A threshold at a ratio of 1 would call half of the kernels that equal the baseline slower; here those are `same` or
    `unclear`.
    """
    return {verdict: share(sum(each.verdict == verdict for each in found.values()), len(found)) for verdict in VERDICTS}


@dataclass(frozen=True, slots=True)
class Spread:
    """The differences of the tasks' speedups between GPUs; the spread of a task is its largest over its smallest."""

    devices: tuple[str, ...]
    median: Figure
    """Median of the tasks' spreads."""
    ninth: Figure
    """90th percentile of the tasks' spreads."""
    distinct: Figure
    """Share of tasks with two GPUs whose intervals do not overlap."""
    largest: tuple[str, float] | None
    """Task with the largest spread, and that spread, which grows with the number of tasks."""


def across_devices(found: Mapping[str, Mapping[str, Speedup]], of: int) -> Spread:
    """Return the spread between devices, over the tasks that have a speedup on all of them."""
    tables = list(found.values())
    tasks = sorted(set.intersection(*map(set, tables))) if len(tables) > 1 else []
    ratios = {}
    distinct = 0
    for task in tasks:
        each = [table[task] for table in tables]
        ratios[task] = max(one.ratio for one in each) / min(one.ratio for one in each)
        distinct += max(one.low for one in each) > min(one.high for one in each)
    values = list(ratios.values())
    worst = max(ratios, key=lambda task: ratios[task], default=None)
    return Spread(
        tuple(found),
        bootstrap(values, lambda some: quantile(sorted(some), 0.5), of),
        bootstrap(values, lambda some: quantile(sorted(some), 0.9), of),
        share(distinct, len(tasks)),
        (worst, ratios[worst]) if worst is not None else None,
    )


def relative(
    speeds: Mapping[str, Sequence[SpeedRecord]], expert: Mapping[str, Sequence[SpeedRecord]], tasks: Collection[str]
) -> dict[str, float]:
    """Return the time of an expert's kernel over that of another one, for those of the tasks that both have.

    It is the geometric mean over the workloads on which both were timed. Each was timed in turns with the baseline,
    so the ratio of their speedups does not depend on how fast the device was at the time.
    """
    found = {}
    for task in expert.keys() & set(tasks):
        theirs = {each.workload: each.ratio for each in expert[task]}
        pairs = [(each.ratio, theirs.get(each.workload)) for each in speeds[task]]
        logs = [math.log(mine / other) for mine, other in pairs if mine is not None and other is not None]
        if logs:
            found[task] = math.exp(fmean(logs))
    return dict(sorted(found.items()))


def eff_at_k(
    results: Results,
    submission: str,
    device: str,
    k: int,
    *,
    limit: float = CENSORED_AT,
    expert: Mapping[str, Sequence[SpeedRecord]] | None = None,
) -> Figure:
    """Return eff@k: the expected efficiency of the best of k samples, as the mean over tasks.

    The efficiency of a sample is (T - t)/(T - t_ref), with the baseline's time t_ref and T = `limit` t_ref: it is 1 for
    a kernel as fast as the baseline, above 1 for a faster one, and 0 where t is T or more, or the sample is wrong. The
    estimator for a task is the sum over r from k to n of C(r-1, k-1)/C(n, k) times the r-th smallest efficiency.
    Source: ENAMEL (Qiu et al., ICLR 2025, arXiv 2406.06647). A task with a right sample that was not timed is left out.
    With `expert`, speed records of right kernels, t_ref is the expert's time, and the tasks are the expert's.
    Raises `KernelBenchError` where the variants are not samples, or fewer than k.
    """
    tasks = results.tasks if expert is None else expert
    per_task: dict[str, list[float | None]] = {task: [] for task in tasks}
    for variant in samples(results, submission, k):
        right = passing(results.correctness(variant))
        speeds = results.speed(variant, device)
        fast, without = speedups(speeds, right), untimed(speeds, right)
        ratios = relative(speeds, expert, fast) if expert is not None else {task: fast[task].ratio for task in fast}
        for task, values in per_task.items():
            if task in ratios:
                values.append(max(0.0, limit - 1 / ratios[task]) / (limit - 1))
            else:
                unknown = task in fast or without.get(task, "").startswith(_UNKNOWN)
                values.append(None if unknown else 0.0)
    known = [[value for value in values if value is not None] for values in per_task.values() if None not in values]
    return bootstrap([_best_of_k(values, k) for values in known], fmean, len(per_task))


_UNKNOWN = ("not timed", "unsupported", "error")


def _best_of_k(values: Sequence[float], k: int) -> float:
    """Return the expected largest of k of the values, drawn without replacement."""
    n = len(values)
    weights = (math.comb(r - 1, k - 1) / math.comb(n, k) for r in range(k, n + 1))
    return math.fsum(weight * value for weight, value in zip(weights, sorted(values)[k - 1 :], strict=True))
