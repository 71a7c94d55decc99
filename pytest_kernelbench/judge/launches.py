"""What several pairs of processes say together: where a process happens to lie in memory is a speed of its own.

Of two processes that do the same, one can be quicker by a few percent for as long as they live, and no turns cancel
that. So a small difference is believed only where fresh processes show it again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import Any

from pytest_kernelbench.judge.blocks import KERNEL, Measured
from pytest_kernelbench.judge.ratio import Estimate

LAUNCHES = 3
"""Pairs of processes that must agree on a small difference."""

SMALL = 1.1
"""Ratio of times up to which a difference is small; larger ones were never seen between equals."""


def is_small(measured: Measured, baseline: str) -> bool:
    """Whether there is a verdict of a difference so small that other processes must confirm it."""
    if measured.verdict(baseline) not in ("faster", "slower"):
        return False
    return abs(math.log(measured.estimates[baseline].ratio)) < math.log(SMALL)


def said(measures: Sequence[Measured], baseline: str) -> dict[str, Any]:
    """Return verdict, ratio and interval: the geometric mean, and the hull of the intervals of all pairs."""
    found = [each.estimates.get(baseline) for each in measures]
    known = [each for each in found if each is not None]
    if not known:
        return {"verdict": "unclear", "ratio": None, "interval": None}
    ratio = math.exp(fmean(math.log(each.ratio) for each in known))
    whole = Estimate(ratio, min(each.low for each in known), max(each.high for each in known))
    doubtful = len(known) < len(found) or any(each.spoiled for each in measures)
    return {"verdict": "unclear" if doubtful else whole.verdict, "ratio": ratio, "interval": [whole.low, whole.high]}


def figures(measures: Sequence[Measured], baseline: str) -> dict[str, Any]:
    """Return the fields of a record that are made from the times of kernel and baseline."""

    def middle(name: str, *, call: bool = False) -> float:
        return median(each.call_seconds(name) if call else each.device_seconds(name) for each in measures)

    discarded: Mapping[str, int] = sum((Counter(each.discarded) for each in measures), Counter())
    return {
        **said(measures, baseline),
        "device_seconds": middle(KERNEL),
        "baseline_seconds": middle(baseline),
        "call_seconds": middle(KERNEL, call=True),
        "baseline_call_seconds": middle(baseline, call=True),
        "blocks": sum(len(each.kept) for each in measures),
        "discarded": dict(discarded),
    }


def samples(measures: Sequence[Measured], name: str) -> list[float]:
    """Return device seconds per call of every batch of a source, pair after pair."""
    return [sample for each in measures for sample in each.samples(name)]
