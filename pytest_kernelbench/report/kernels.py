"""Kernels by task: the verdict, the compilations and the speed of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_kernelbench.model.record import CompileRecord, Record, SpeedRecord
from pytest_kernelbench.report.failure import replay
from pytest_kernelbench.report.results import Results, Variant, device_of


@dataclass(frozen=True, slots=True)
class Kernel:
    """All records of one kernel."""

    label: str
    """Submission and variant of the kernel."""
    status: str
    """Status of the verdict; where correctness was not judged, that of compiling or timing."""
    verdict: Record | None
    """The record of its correctness."""
    statuses_by_device: Mapping[str, str]
    """Status on each device; empty where it was judged on fewer than two."""
    replay: str | None
    """The command that replays the failure."""
    refused: Mapping[str, str]
    """Targets for which it does not compile, by the compiler's message."""
    compiled: Sequence[CompileRecord]
    """The records of its compilations, by target."""
    speed: Sequence[SpeedRecord]
    """The records of its speed, by workload."""


@dataclass(frozen=True, slots=True)
class Task:
    """The kernels of one task."""

    name: str
    category: str
    kernels: Sequence[Kernel]

    @property
    def passed(self) -> int:
        """Number of kernels that passed."""
        return sum(kernel.status == "passed" for kernel in self.kernels)

    @property
    def best(self) -> float | None:
        """The largest speedup over eager of a right kernel on any workload; None where none was timed."""
        right = (kernel for kernel in self.kernels if kernel.status == "passed")
        ratios = (each.ratio for kernel in right for each in kernel.speed if each.verdict != "impossible")
        return max((ratio for ratio in ratios if ratio is not None), default=None)


def label_of(record: Record) -> str:
    """Return submission and variant of a record, as in `geak/round_1`."""
    return Variant(record.submission, record.variant).label


def tasks_of(results: Results, records: Sequence[Record]) -> list[Task]:
    """Return the tasks that have kernels among the records, sorted by name."""
    found: dict[tuple[str, Variant], list[Record]] = defaultdict(list)
    for record in records:
        found[record.task, Variant(record.submission, record.variant)].append(record)
    variants = results.variants
    verdicts = {variant: results.correctness(variant) for variant in variants}
    names = sorted({record.task for record in records}, key=str.lower)
    kernels = {
        name: [
            _kernel(variant, verdicts[variant].get(name), found[name, variant])
            for variant in variants
            if (name, variant) in found
        ]
        for name in names
    }
    return [Task(name, results.tasks[name], kernels[name]) for name in names]


def _kernel(variant: Variant, verdict: Record | None, records: Sequence[Record]) -> Kernel:
    judged = {device_of(record): record.status for record in records if record.kind == "correctness"}
    compiled = sorted((each for each in records if isinstance(each, CompileRecord)), key=lambda each: each.target)
    refused: dict[str, list[str]] = defaultdict(list)
    for record in compiled:
        if record.failure is not None:
            refused[record.failure.message].append(record.target)
    shown = verdict or next((record for record in records if record.status != "passed"), records[0])
    failed = shown.failure if shown.selection else None
    return Kernel(
        label=variant.label,
        status=shown.status,
        verdict=verdict,
        statuses_by_device=judged if len(judged) > 1 else {},
        replay=replay(shown.selection, failed) if failed else None,
        refused={message: ", ".join(targets) for message, targets in refused.items()},
        compiled=compiled,
        speed=sorted((each for each in records if isinstance(each, SpeedRecord)), key=lambda each: each.workload),
    )
