"""Contents of a report: every figure that the HTML page, the JSON and the Markdown show."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pytest_kernelbench.model.record import VERDICTS, CompileRecord, Record, SpeedRecord
from pytest_kernelbench.report.against import Against, against
from pytest_kernelbench.report.kernels import Task, label_of, tasks_of
from pytest_kernelbench.report.levels import Level, levels
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
from pytest_kernelbench.report.speedups import (
    Speedup,
    Spread,
    across_devices,
    geometric_mean,
    speedups,
    verdict_shares,
)
from pytest_kernelbench.report.transitions import PairedChange, Transitions, paired_change, transitions


@dataclass(frozen=True, slots=True)
class Overview:
    """The verdicts of one variant."""

    label: str
    """Submission and variant."""
    kernels: int
    """Number of its kernels."""
    rates: Rates
    """Rates over all tasks."""
    fixed: FixedTests
    """What a few ordinary inputs would let through."""
    categories: Mapping[str, Rates]
    """Rates by category."""
    labels: Mapping[str, int]
    """Number of its kernels by provenance: `kernel`, `mixed`, `decoy`, `torch_only`."""
    devices: Sequence[str]
    """Devices on which its kernels were judged."""


@dataclass(frozen=True, slots=True)
class Speed:
    """The speed of the right kernels of one variant on one device."""

    device: str
    mean: Figure
    """Geometric mean of the tasks' speedups over eager."""
    verdicts: Mapping[str, Figure]
    """Share of the tasks with each verdict."""
    tasks: Mapping[str, Speedup]
    """Speedup of each task, sorted by verdict, then from fast to slow."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """The changes of one submission between two rounds."""

    before: str
    """Label of the earlier round."""
    after: str
    """Label of the later round."""
    tasks: Transitions
    """The tasks by the change of their kernels."""
    judged: int
    """Number of tasks with a kernel that could be judged in both rounds."""
    right_before: Figure
    """Share of the judged tasks that are right in the earlier round."""
    right_after: Figure
    """Share of the judged tasks that are right in the later round."""
    p: float
    """p-value of the numbers of rescued and regressed tasks (`Transitions.p`)."""
    speed: Mapping[str, PairedChange]
    """Changes of speed by device."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The compilations of one variant for one target."""

    target: str
    label: str
    """Submission and variant."""
    kernels: int
    """Number of its kernels."""
    passed: int
    """Number of its kernels that compile."""
    spilling: Sequence[str]
    """Tasks whose kernel spills registers."""
    refused: Mapping[str, Sequence[str]]
    """Tasks whose kernel does not compile, by status and kind of `compile_error`."""
    median_seconds: float | None
    """Median time of compiling all specialisations of a kernel."""
    max_seconds: float | None
    """Longest time of compiling all specialisations of a kernel."""


@dataclass(frozen=True, slots=True)
class Contents:
    """All figures of a report; those without data are empty."""

    notes: Sequence[str]
    """What a reader must know about the records, one sentence each."""
    labels: Sequence[str]
    """Submission and variant of each variant, sorted."""
    records: int
    """Number of records, without those of missing kernels."""
    tasks_in_all: int
    """Number of tasks, judged or not."""
    category_sizes: Mapping[str, int]
    """Number of tasks by category, the largest category first."""
    overview: Sequence[Overview]
    """The verdicts of each variant."""
    speedups: Mapping[str, Sequence[Speed]]
    """The speed of each variant by its label, one entry for each device."""
    timed_on: Sequence[str]
    """Devices on which kernels were timed."""
    speed: Sequence[SpeedRecord]
    """The record of each workload that was timed."""
    rounds: Sequence[Rounds]
    """The changes between consecutive rounds of each submission."""
    levels: Sequence[Level]
    """The figures of KernelBench, by level and submission."""
    against: Against | None
    """The submissions beside those of an expert; None where no expert is named."""
    spreads: Mapping[str, Spread]
    """The differences of speedups between GPUs, by the label of the variant."""
    compiled: Sequence[Compiled]
    """The compilations of each variant for each target."""
    tasks: Sequence[Task]
    """The kernels of each task."""
    devices: Sequence[str]
    """Devices and targets of all records."""
    versions: Mapping[str, Sequence[str]]
    """Versions of each package in the records."""
    started: Sequence[str]
    """Start of the first and of the last record, ISO 8601."""

    @property
    def judged(self) -> Sequence[str]:
        """Categories that have kernels, the largest first."""
        there = {task.category for task in self.tasks}
        return [name for name in self.category_sizes if name in there]


def contents(results: Results, experts: Sequence[str] = ()) -> Contents:
    """Return the figures of a report on these results, also beside those of the submissions that are the expert."""
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
        levels=levels(results),
        against=against(results, experts),
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
    """Yield a note for each variant that was timed but not judged: means are of right kernels only."""
    for variant in results.variants:
        if results.devices(variant, kind="speed") and not results.correctness(variant):
            yield f"{variant.label} was timed, but its verdicts are not in these files: it is left out of the means"


def _speedups(results: Results, variant: Variant) -> dict[str, dict[str, Speedup]]:
    """Return the speedups of the right kernels of a variant, on each device where any was timed."""
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
    """Yield the changes between consecutive rounds of each submission."""
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
        max_seconds=max(seconds, default=None),
    )
