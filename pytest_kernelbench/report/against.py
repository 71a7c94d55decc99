"""Submissions beside the kernels of an expert: the share of the expert's tasks solved, and the ratio of their times."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.record import SpeedRecord
from pytest_kernelbench.report.levels import KS
from pytest_kernelbench.report.metrics import Figure, bootstrap, passing, samples, share
from pytest_kernelbench.report.results import Results, Variant
from pytest_kernelbench.report.speedups import eff_at_k, geometric_mean, relative, speedups


@dataclass(frozen=True, slots=True)
class Ratio:
    """The speed of one variant on one device, over the tasks that it and the expert solve and were timed on."""

    device: str
    expert: Figure
    """Geometric mean of the expert's time over the kernel's: above 1 the kernel is faster."""
    eager: Figure
    """Geometric mean of eager's time over the kernel's, of the same tasks."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One variant beside the expert."""

    label: str
    """Submission and variant."""
    solved: Figure
    """Share of the expert's tasks whose kernel passes every facet."""
    missed: Sequence[str]
    """Tasks that the expert solves and this variant does not."""
    beyond: Sequence[str]
    """Tasks that this variant solves and the expert does not."""
    ratios: Sequence[Ratio]
    """The ratio to the expert on each device on which both were timed."""


@dataclass(frozen=True, slots=True)
class Efficiency:
    """eff@k of the samples of one submission on one device, with the expert's time as the reference."""

    submission: str
    device: str
    at: Mapping[int, Figure]
    """eff@k by k (`speedups.eff_at_k`)."""


@dataclass(frozen=True, slots=True)
class Against:
    """All submissions beside the expert."""

    experts: Sequence[str]
    """Labels of the submissions that are the expert; the first that solves a task has its kernel."""
    tasks: int
    """Number of tasks that the expert solves."""
    beside: Sequence[Beside]
    """Each variant that is not the expert and has verdicts."""
    efficiency: Sequence[Efficiency]
    """eff@k where the variants of a submission are samples."""


def against(results: Results, names: Sequence[str]) -> Against | None:
    """Return the submissions beside the expert, which is the submissions of these names; None without names.

    Raises `KernelBenchError` for a name without verdicts among the records.
    """
    if not names:
        return None
    experts = [_expert(results, name) for name in dict.fromkeys(names)]
    solved: dict[str, Variant] = {}
    for expert in experts:
        for task in sorted(passing(results.correctness(expert))):
            solved.setdefault(task, expert)
    others = [each for each in results.variants if each not in experts and results.correctness(each)]
    timed = {device: _timed(results, device, solved) for device in results.devices(kind="speed")}
    return Against(
        experts=[expert.label for expert in experts],
        tasks=len(solved),
        beside=[_beside(results, variant, solved, timed) for variant in others],
        efficiency=_efficiency(results, others, timed),
    )


def _expert(results: Results, name: str) -> Variant:
    judged = [variant for variant in results.variants if results.correctness(variant)]
    for variant in judged:
        if variant.label == name:
            return variant
    there = ", ".join(variant.label for variant in judged) or "none"
    raise KernelBenchError(
        f"--against {name}: these files have no verdicts of {name}, but of {there}; judge it with --kb-results=FILE, "
        "and name that file, too"
    )


def _timed(results: Results, device: str, solved: Mapping[str, Variant]) -> dict[str, Sequence[SpeedRecord]]:
    """Return the speed records of the expert's kernel for each task for which it has a speedup on a device."""
    speeds = {expert: results.speed(expert, device) for expert in set(solved.values())}
    mine = {task: speeds[expert].get(task, []) for task, expert in solved.items()}
    return {task: mine[task] for task in speedups(mine, mine)}


def _beside(
    results: Results,
    variant: Variant,
    solved: Mapping[str, Variant],
    timed: Mapping[str, Mapping[str, Sequence[SpeedRecord]]],
) -> Beside:
    right = passing(results.correctness(variant))
    found = [_ratio(results, variant, device, right, timed[device]) for device in timed]
    return Beside(
        label=variant.label,
        solved=share(len(right & set(solved)), len(solved)),
        missed=sorted(set(solved) - right),
        beyond=sorted(right - set(solved)),
        ratios=[ratio for ratio in found if ratio.expert.n],
    )


def _ratio(
    results: Results, variant: Variant, device: str, right: set[str], expert: Mapping[str, Sequence[SpeedRecord]]
) -> Ratio:
    speeds = results.speed(variant, device)
    fast = speedups(speeds, right)
    found = relative(speeds, expert, fast)
    logs = [math.log(ratio) for ratio in found.values()]
    return Ratio(
        device=device,
        expert=bootstrap(logs, lambda some: math.exp(fmean(some)), len(expert)),
        eager=geometric_mean({task: fast[task] for task in found}, len(expert)),
    )


def _efficiency(
    results: Results, others: Sequence[Variant], timed: Mapping[str, Mapping[str, Sequence[SpeedRecord]]]
) -> list[Efficiency]:
    found = []
    for submission in dict.fromkeys(variant.submission for variant in others):
        try:
            count = len(samples(results, submission, 1))
        except KernelBenchError:  # rounds, or one kernel for each task
            continue
        for device, expert in timed.items():
            at = {k: eff_at_k(results, submission, device, k, expert=expert) for k in KS if k <= count}
            if at[1].n:
                found.append(Efficiency(submission, device, at))
    return found
