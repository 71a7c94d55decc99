"""Replicates: measurements in fresh pairs of processes, and their common verdict.

One of two identical processes can be faster by a few percent for as long as it lives, because of where it lies in
memory, and interleaving does not cancel that. So a small difference counts only if fresh processes show it again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import Any

from pytest_kernelbench.judge.speed.interleaving import KERNEL, Measurement
from pytest_kernelbench.judge.speed.ratio import Estimate

REPLICATES = 3
"""Number of measurements that must agree on a small difference, each in a pair of fresh processes."""

SMALL = 1.1
"""Ratio of times up to which a difference is small; no larger one was seen between identical processes."""


def is_small(measurement: Measurement, baseline: str) -> bool:
    """Whether the verdict is `faster` or `slower` by so little that fresh processes must confirm it."""
    if measurement.verdict(baseline) not in ("faster", "slower"):
        return False
    return abs(math.log(measurement.estimates[baseline].ratio)) < math.log(SMALL)


def combined(measurements: Sequence[Measurement], baseline: str) -> dict[str, Any]:
    """Return verdict, ratio (the geometric mean) and interval (the hull of all intervals) as fields of a record."""
    found = [each.estimates.get(baseline) for each in measurements]
    known = [each for each in found if each is not None]
    if not known:
        return {"verdict": "unclear", "ratio": None, "interval": None}
    ratio = math.exp(fmean(math.log(each.ratio) for each in known))
    whole = Estimate(ratio, min(each.low for each in known), max(each.high for each in known))
    doubtful = len(known) < len(found) or any(each.spoiled for each in measurements)
    return {"verdict": "unclear" if doubtful else whole.verdict, "ratio": ratio, "interval": [whole.low, whole.high]}


def figures(measurements: Sequence[Measurement], baseline: str) -> dict[str, Any]:
    """Return the fields of a record that come from the times of kernel and baseline."""

    def typical(name: str, *, call: bool = False) -> float:
        return median(each.call_seconds(name) if call else each.device_seconds(name) for each in measurements)

    discarded: Mapping[str, int] = sum((Counter(each.discarded) for each in measurements), Counter())
    return {
        **combined(measurements, baseline),
        "device_seconds": typical(KERNEL),
        "baseline_seconds": typical(baseline),
        "call_seconds": typical(KERNEL, call=True),
        "baseline_call_seconds": typical(baseline, call=True),
        "blocks": sum(len(each.kept) for each in measurements),
        "discarded": dict(discarded),
    }


def samples(measurements: Sequence[Measurement], name: str) -> list[float]:
    """Return device seconds per call of every batch of a source, in the order of measuring."""
    return [sample for each in measurements for sample in each.samples(name)]
