"""Contents of a report: every figure that the page, the JSON and the Markdown show, made once from results."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from pytest_kernelbench.model.record import VERDICTS, CompileRecord, Record, SpeedRecord
from pytest_kernelbench.report.failure import replay
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
from pytest_kernelbench.report.speedups import geometric_mean, speedups, verdict_shares


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
class Kernel:
    """Everything that is known of one kernel."""

    label: str
    """Of its variant."""
    status: str
    """Its verdict; where correctness was not judged, that of the compiler, or of timing."""
    verdict: Record | None
    elsewhere: Mapping[str, str]
    """Status on each device, where it was judged on several."""
    replay: str | None
    compiled: Sequence[CompileRecord]
    speed: Sequence[SpeedRecord]


@dataclass(frozen=True, slots=True)
class Task:
    """The kernels for one task."""

    name: str
    category: str
    kernels: Sequence[Kernel]

    @property
    def passed(self) -> int:
        """How many of the kernels passed."""
        return sum(kernel.status == "passed" for kernel in self.kernels)

    @property
    def best(self) -> float | None:
        """The largest speedup over eager of any kernel and workload."""
        ratios = (each.ratio for kernel in self.kernels for each in kernel.speed if each.verdict != "impossible")
        return max((ratio for ratio in ratios if ratio is not None), default=None)


@dataclass(frozen=True, slots=True)
class Contents:
    """A report; what there is no data for is empty."""

    notes: Sequence[str]
    records: int
    tasks_in_all: int
    category_sizes: Mapping[str, int]
    overview: Sequence[Overview]
    speedups: Mapping[str, Sequence[Speed]]
    """By the label of the variant, one for each device."""
    timed_on: Sequence[str]
    speed: Sequence[SpeedRecord]
    """What was timed, by verdict, and in each from fast to slow."""
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
    versions: dict[str, set[str]] = defaultdict(set)
    for record in there:
        for name, version in record.versions.items():
            versions[str(name)].add(str(version))
    moments = sorted(record.started for record in there if record.started)
    return Contents(
        notes=results.notes,
        records=len(there),
        tasks_in_all=len(tasks),
        category_sizes=dict(sizes.most_common()),
        overview=[_overview(results, variant) for variant in results.variants if results.correctness(variant)],
        speedups={variant.label: found for variant in results.variants if (found := _speedups(results, variant))},
        timed_on=results.devices(kind="speed"),
        speed=sorted(_timed(there), key=_by_verdict),
        compiled=_compiled(there),
        tasks=_tasks(results, there),
        devices=sorted({device_of(record) for record in there}),
        versions={name: sorted(found) for name, found in sorted(versions.items())},
        started=[moments[0], moments[-1]] if moments else [],
    )


def label_of(record: Record) -> str:
    """Return how a record's variant is written."""
    return Variant(record.submission, record.variant).label


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


def _speedups(results: Results, variant: Variant) -> list[Speed]:
    """Return the speed on each device where a kernel of the variant that is right was timed."""
    right = passing(results.correctness(variant))
    found = []
    for device in results.devices(variant, kind="speed"):
        fast = speedups(results.speed(variant, device), right)
        if fast:
            found.append(Speed(device, geometric_mean(fast, len(results.tasks)), verdict_shares(fast)))
    return found


def _timed(records: Sequence[Record]) -> list[SpeedRecord]:
    return [each for each in records if isinstance(each, SpeedRecord) and each.ratio is not None]


def _by_verdict(record: SpeedRecord) -> tuple[int, float]:
    return VERDICTS.index(record.verdict or "unclear"), -(record.ratio or 0.0)


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


def _tasks(results: Results, records: Sequence[Record]) -> list[Task]:
    """Return the tasks that there are kernels for, by category and name."""
    found: dict[tuple[str, Variant], list[Record]] = defaultdict(list)
    for record in records:
        found[record.task, Variant(record.submission, record.variant)].append(record)
    verdicts = {variant: results.correctness(variant) for variant in results.variants}
    names = sorted({record.task for record in records}, key=str.lower)
    kernels = {
        name: [
            _kernel(variant, verdicts[variant].get(name), found[name, variant])
            for variant in results.variants
            if (name, variant) in found
        ]
        for name in names
    }
    return [Task(name, results.tasks[name], kernels[name]) for name in names]


def _kernel(variant: Variant, verdict: Record | None, records: Sequence[Record]) -> Kernel:
    judged = {device_of(record): record.status for record in records if record.kind == "correctness"}
    shown = verdict or next((record for record in records if record.status != "passed"), records[0])
    failed = shown.failure if shown.selection else None
    return Kernel(
        label=variant.label,
        status=shown.status,
        verdict=verdict,
        elsewhere=judged if len(judged) > 1 else {},
        replay=replay(shown.selection, failed) if failed else None,
        compiled=sorted((each for each in records if isinstance(each, CompileRecord)), key=lambda each: each.target),
        speed=sorted((each for each in records if isinstance(each, SpeedRecord)), key=lambda each: each.workload),
    )
