"""Replicates: measurements in fresh pairs of processes, and their common verdict.

One of two identical processes can be faster by several percent for as long as it lives, because of where its pages lie
in memory, and interleaving does not cancel that. So a small difference counts only if the replicates, each with new
processes, differ less among themselves than from a ratio of 1.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean, median, stdev
from typing import Any

from pytest_kernelbench.judge.speed.interleaving import KERNEL, Measurement
from pytest_kernelbench.judge.speed.ratio import Estimate, student_quantile

REPLICATE_LOOKS = (3, 5)
"""Numbers of replicates at which a small difference may be confirmed; the last one ends the measuring."""

ALPHA = 0.01 / len(REPLICATE_LOOKS)
"""Probability that the interval of the replicates misses the true ratio, at each look: 1 % for both (Bonferroni)."""


def settled(measurements: Sequence[Measurement], baseline: str, small: float) -> bool:
    """Whether no further replicate is needed, after at least one; `small` is that of the backend.

    So it is where a replicate says `same` or `unclear`, where two contradict each other, where all differences are
    large, at a look that confirms them, and after the last look.
    """
    verdicts = {each.verdict(baseline) for each in measurements}
    if len(verdicts) > 1 or not verdicts <= {"faster", "slower"}:
        return True
    if all(abs(math.log(each.estimates[baseline].ratio)) >= math.log(small) for each in measurements):
        return True
    count = len(measurements)
    confirmed = count in REPLICATE_LOOKS and combined(measurements, baseline)["verdict"] != "unclear"
    return confirmed or count >= REPLICATE_LOOKS[-1]


def combined(measurements: Sequence[Measurement], baseline: str) -> dict[str, Any]:
    """Return verdict, ratio (the geometric mean) and interval as fields of a record.

    From three replicates on, the interval is Student's, from their log ratios alone: the spread between processes is
    in it, which the intervals of the single measurements lack. Otherwise it is the hull of those intervals.
    """
    found = [each.estimates.get(baseline) for each in measurements]
    known = [each for each in found if each is not None]
    if not known:
        return {"verdict": "unclear", "ratio": None, "interval": None}
    whole = _between_processes(known) if len(known) >= REPLICATE_LOOKS[0] else _hull(known)
    doubtful = len(known) < len(found) or any(each.spoiled for each in measurements)
    verdict = "unclear" if doubtful else whole.verdict
    return {"verdict": verdict, "ratio": whole.ratio, "interval": [whole.low, whole.high]}


def _hull(known: Sequence[Estimate]) -> Estimate:
    """Return the geometric mean, and the interval that holds all intervals."""
    ratio = math.exp(fmean(math.log(each.ratio) for each in known))
    return Estimate(ratio, min(each.low for each in known), max(each.high for each in known))


def _between_processes(known: Sequence[Estimate]) -> Estimate:
    """Return the geometric mean and its interval, from the spread of the ratios."""
    logarithms = [math.log(each.ratio) for each in known]
    middle, count = fmean(logarithms), len(logarithms)
    half = student_quantile(1 - ALPHA / 2, count - 1) * stdev(logarithms) / math.sqrt(count)
    return Estimate(math.exp(middle), math.exp(middle - half), math.exp(middle + half))


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
