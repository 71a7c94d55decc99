"""Contents of a report: every figure that the page, the JSON and the Markdown show, made once from results."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pytest_kernelbench.model.record import VERDICTS, CompileRecord, Record, SpeedRecord
from pytest_kernelbench.report.kernels import Task, label_of, tasks_of
from pytest_kernelbench.report.metrics import (
    Figure,
    FixedTests,
    Rates,
    against_fixed_tests,
    passing,
    rates,
    rates_by_category,
)
from pytest_kernelbench.report.results import Results, Variant, device_of
from pytest_kernelbench.report.speedups import Speedup, Spread, across_devices, geometric_mean, speedups, verdict_shares
from pytest_kernelbench.report.transitions import PairedChange, Transitions, paired_change, transitions


@dataclass(frozen=True, slots=True)
class Overview:
    """How the kernels of one variant fared."""

    label: str
    kernels: int
    rates: Rates
    fixed: FixedTests
    categories: Mapping[str, Rates]
    labels: Mapping[str, int]
    """How many of its kernels are what: `kernel`, `mixed`, `decoy`, `torch_only`."""
    devices: Sequence[str]


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast the right kernels of one variant are on one device."""

    device: str
    mean: Figure
    """Geometric mean of the tasks' speedups over eager."""
    verdicts: Mapping[str, Figure]
    tasks: Mapping[str, Speedup]
    """By verdict, and in each from fast to slow."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """What became of one submission's kernels between two rounds."""

    before: str
    """Label of the variant; the next is the later one's."""
    after: str
    tasks: Transitions
    judged: int
    """Tasks with a kernel that could be judged in both; the next two are the shares of them that are right."""
    right_before: Figure
    right_after: Figure
    p: float
    """Of as many rescued and regressed by chance."""
    speed: Mapping[str, PairedChange]
    """By device."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What the compiler made of one variant's kernels for one target."""

    target: str
    label: str
    kernels: int
    passed: int
    spilling: Sequence[str]
    """Tasks whose kernel spills registers."""
    refused: Mapping[str, Sequence[str]]
    """Tasks by status, and by the kind of a `compile_error`."""
    median_seconds: float | None
    """Of compiling all specialisations of one kernel; the next is the longest."""
    most_seconds: float | None


@dataclass(frozen=True, slots=True)
class Contents:
    """A report; what there is no data for is empty."""

    notes: Sequence[str]
    labels: Sequence[str]
    """Of all variants, in their order."""
    records: int
    tasks_in_all: int
    category_sizes: Mapping[str, int]
    overview: Sequence[Overview]
    speedups: Mapping[str, Sequence[Speed]]
    """By the label of the variant, one for each device."""
    timed_on: Sequence[str]
    speed: Sequence[SpeedRecord]
    """Every workload that was timed."""
    rounds: Sequence[Rounds]
    spreads: Mapping[str, Spread]
    """How much speedups differ between GPUs, by the label of the variant."""
    compiled: Sequence[Compiled]
    tasks: Sequence[Task]
    devices: Sequence[str]
    versions: Mapping[str, Sequence[str]]
    started: Sequence[str]
    """When the first and the last record were begun, ISO 8601."""

    @property
    def judged(self) -> Sequence[str]:
        """Categories that there are kernels in, the largest first."""
        there = {task.category for task in self.tasks}
        return [name for name in self.category_sizes if name in there]


def contents(results: Results) -> Contents:
    """Return what a report over these results says."""
    tasks = results.tasks
    sizes = Counter(tasks.values())
    there = [record for record in results.records if record.status != "missing"]
    fast = {variant: _speedups(results, variant) for variant in results.variants}
    spreads = {variant.label: across_devices(found, len(tasks)) for variant, found in fast.items()}
    versions: dict[str, set[str]] = defaultdict(set)
    for record in there:
        for name, version in record.versions.items():
            versions[str(name)].add(str(version))
    moments = sorted(record.started for record in there if record.started)
    return Contents(
        notes=[*results.notes, *_unjudged(results)],
        labels=[variant.label for variant in results.variants],
        records=len(there),
        tasks_in_all=len(tasks),
        category_sizes=dict(sizes.most_common()),
        overview=[_overview(results, variant) for variant in results.variants if results.correctness(variant)],
        speedups={variant.label: _speed(found, len(tasks)) for variant, found in fast.items() if found},
        timed_on=results.devices(kind="speed"),
        speed=[each for each in there if isinstance(each, SpeedRecord) and each.ratio is not None],
        rounds=list(_rounds(results)),
        spreads={label: spread for label, spread in spreads.items() if spread.median.n},
        compiled=_compiled(there),
        tasks=tasks_of(results, there),
        devices=sorted({device_of(record) for record in there}),
        versions={name: sorted(found) for name, found in sorted(versions.items())},
        started=[moments[0], moments[-1]] if moments else [],
    )


def _overview(results: Results, variant: Variant) -> Overview:
    verdicts = results.correctness(variant)
    return Overview(
        label=variant.label,
        kernels=len(verdicts),
        rates=rates(verdicts, results.tasks),
        fixed=against_fixed_tests(verdicts, results.tasks),
        categories=rates_by_category(verdicts, results.tasks),
        labels=Counter(record.label for record in verdicts.values() if record.label),
        devices=results.devices(variant),
    )


def _unjudged(results: Results) -> Iterator[str]:
    """Yield what is timed without a verdict at hand: a mean may hold right kernels only."""
    for variant in results.variants:
        if results.devices(variant, kind="speed") and not results.correctness(variant):
            yield f"{variant.label} was timed, and its verdicts are not in these files: it is in no mean"


def _speedups(results: Results, variant: Variant) -> dict[str, dict[str, Speedup]]:
    """Return the speedups on each device where a kernel of the variant that is right was timed."""
    right = passing(results.correctness(variant))
    devices = results.devices(variant, kind="speed")
    found = {device: speedups(results.speed(variant, device), right) for device in devices}
    return {device: some for device, some in found.items() if some}


def _speed(found: Mapping[str, Mapping[str, Speedup]], of: int) -> list[Speed]:
    ordered = {device: dict(sorted(some.items(), key=_by_verdict)) for device, some in found.items()}
    return [Speed(device, geometric_mean(some, of), verdict_shares(some), some) for device, some in ordered.items()]


def _by_verdict(item: tuple[str, Speedup]) -> tuple[int, float]:
    return VERDICTS.index(item[1].verdict), -item[1].ratio


def _rounds(results: Results) -> Iterator[Rounds]:
    """Yield what each round of a submission changed in the one before it."""
    for submission in results.submissions:
        mine = [each for each in results.variants if each.submission == submission and _is_round(each)]
        for before, after in pairwise(mine):
            old, new = results.correctness(before), results.correctness(after)
            found = transitions(old, new, results.tasks)
            if found.judged:
                speed = {
                    device: paired_change(
                        found, results.speed(before, device), results.speed(after, device), passing(old), passing(new),
                        len(results.tasks),
                    )
                    for device in results.devices(after, kind="speed")
                }  # fmt: skip
                yield Rounds(before.label, after.label, found, found.judged, found.before, found.after, found.p, speed)


def _is_round(variant: Variant) -> bool:
    return re.fullmatch(r"round_?\d+", variant.name or "") is not None


def _compiled(records: Sequence[Record]) -> list[Compiled]:
    groups: dict[tuple[str, str], list[CompileRecord]] = defaultdict(list)
    for record in records:
        if isinstance(record, CompileRecord):
            groups[record.target, label_of(record)].append(record)
    return [_compiled_for(target, label, found) for (target, label), found in sorted(groups.items())]


def _compiled_for(target: str, label: str, records: Sequence[CompileRecord]) -> Compiled:
    passed = [record for record in records if record.status == "passed"]
    refused: dict[str, list[str]] = defaultdict(list)
    for record in records:
        if record.status != "passed":
            refused[f"{record.status} ({record.reason})" if record.reason else record.status].append(record.task)
    seconds = [record.compile_seconds for record in passed]
    return Compiled(
        target=target,
        label=label,
        kernels=len(records),
        passed=len(passed),
        spilling=sorted(record.task for record in passed if record.spills),
        refused={kind: sorted(names) for kind, names in sorted(refused.items(), key=lambda pair: -len(pair[1]))},
        median_seconds=median(seconds) if seconds else None,
        most_seconds=max(seconds, default=None),
    )
