"""What is known of each kernel: its verdict, what the compiler made of it, and how fast it is, task by task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_kernelbench.model.record import CompileRecord, Record, SpeedRecord
from pytest_kernelbench.report.failure import replay
from pytest_kernelbench.report.results import Results, Variant, device_of


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
    refused: Mapping[str, str]
    """What the compiler says, and for which targets."""
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
        """The largest speedup over eager of any kernel that is right, and of any workload."""
        right = (kernel for kernel in self.kernels if kernel.status == "passed")
        ratios = (each.ratio for kernel in right for each in kernel.speed if each.verdict != "impossible")
        return max((ratio for ratio in ratios if ratio is not None), default=None)


def label_of(record: Record) -> str:
    """Return how a record's variant is written."""
    return Variant(record.submission, record.variant).label


def tasks_of(results: Results, records: Sequence[Record]) -> list[Task]:
    """Return the tasks that there are kernels for, by category and name."""
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
        elsewhere=judged if len(judged) > 1 else {},
        replay=replay(shown.selection, failed) if failed else None,
        refused={message: ", ".join(targets) for message, targets in refused.items()},
        compiled=compiled,
        speed=sorted((each for each in records if isinstance(each, SpeedRecord)), key=lambda each: each.workload),
    )
