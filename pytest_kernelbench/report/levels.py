"""KernelBench's figures by level: pass@k over the samples, and fast_p of each variant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.report.metrics import Figure, pass_at_k, passing, share
from pytest_kernelbench.report.results import Results
from pytest_kernelbench.report.speedups import FastP, fast_p, speedups

LEVEL = re.compile(r"Level\d+|KernelBench")
"""Categories of KernelBench's problems."""

KS = (1, 2, 5, 10, 50, 100)
"""Values of k, as far as there are samples."""

PS = (1.0, 2.0)
"""Values of p; fast_0 is the share of right kernels."""


@dataclass(frozen=True, slots=True)
class Level:
    """The figures of one submission on one level."""

    submission: str
    level: str
    """Category of the problems."""
    pass_at: Mapping[int, Figure]
    """pass@k by k; empty where the variants are no samples."""
    right: Mapping[str, Figure]
    """Share of the problems that are right (fast_0), by the label of the variant."""
    fast: Mapping[str, Sequence[FastP]]
    """fast_p for each of `PS`, by the label of the variant and the device; empty where nothing was timed."""


def levels(results: Results) -> list[Level]:
    """Return the figures of each submission on each level on which it has kernels."""
    names = sorted({category for category in results.tasks.values() if LEVEL.fullmatch(category)})
    return [found for name in names for found in _level(_only(results, name), name)]


def _only(results: Results, level: str) -> Results:
    """Return the results for the problems of a level."""
    tasks = {task: category for task, category in results.tasks.items() if category == level}
    records = tuple(record for record in results.records if record.task in tasks)
    return replace(results, records=records, tasks=tasks)


def _level(results: Results, level: str) -> Iterator[Level]:
    for submission in results.submissions:
        variants = [each for each in results.variants if each.submission == submission and results.correctness(each)]
        of = len(results.tasks)
        right: dict[str, Figure] = {}
        fast: dict[str, Sequence[FastP]] = {}
        for variant in variants:
            mine = passing(results.correctness(variant))
            right[variant.label] = share(len(mine), of)
            for device in results.devices(variant, kind="speed"):
                found = speedups(results.speed(variant, device), mine)
                fast[f"{variant.label} on {device}"] = [fast_p(found, of, p) for p in PS]
        yield Level(submission, level, _pass_at(results, submission, len(variants)), right, fast)


def _pass_at(results: Results, submission: str, count: int) -> dict[int, Figure]:
    try:
        return {k: pass_at_k(results, submission, k) for k in KS if k <= count}
    except KernelBenchError:  # rounds, or one kernel for each problem
        return {}
