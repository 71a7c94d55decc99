"""Audit of a runner's clock: the times that it reports, compared with those that the judge has measured itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from pytest_kernelbench.judge.speed.interleaving import KERNEL, WINDOW, Batch, Block, Measurement
from pytest_kernelbench.judge.speed.ratio import interval

MAX_UNTIMED = 3.0
"""Time for the edits of a kernel's inputs that is believed, over that for those of the baseline's."""

AUDIT_ALPHA = 0.001
"""False-alarm rate: the probability that the interval of an honest clock misses 0."""


class Unreported(NamedTuple):
    """Time of the kernel's calls that the judge measures and the runner does not report, over the reported time."""

    share: float
    """The estimate: 0 for an honest clock, 1 for one that reports half of the time."""
    low: float
    """Lower end of the confidence interval."""
    high: float
    """Upper end of the confidence interval."""

    @property
    def text(self) -> str:
        """The estimate in words."""
        return f"the judge's clock saw {1 + self.share:.2f} times the time that its runner reports"


def unreported(measurement: Measurement, baseline: str, *, device: bool = False) -> Unreported | None:
    """Return the share of the kernel's time that its runner does not report; None if there are too few batches.

    If some blocks have twice as many calls, batches of `k` and `2 k` calls are compared: the cost of a request is the
    same in both, so that the judge's clock must see the difference that the runner reports. Otherwise the cost of a
    request to the kernel's runner is compared with that to the baseline's. With `device`, the compared times are device
    seconds, for which every batch needs `Timed.seen`.
    """

    def reported(batch: Batch) -> float:
        return batch.timed.seconds if device else batch.timed.host_seconds

    def untimed(batch: Batch) -> float:
        return batch.timed.untimed_processor if device else batch.timed.untimed

    # The edits of inputs cost the kernel's runner what they cost the baseline's, which is trusted.
    trusted = [untimed(batch) / batch.calls for block in measurement.blocks for batch in block.of(baseline)]
    most = MAX_UNTIMED * median(trusted) if trusted else 0.0

    def remainder(batch: Batch) -> float:
        measured = batch.timed.seen if device else batch.wall
        assert measured is not None
        edits = untimed(batch) if batch.source == baseline else min(untimed(batch), most * batch.calls)
        return measured - reported(batch) - edits

    pairs = list(_doubled(measurement.blocks))
    if len(pairs) < WINDOW:
        pairs = [
            pair for block in measurement.blocks for pair in zip(block.of(baseline), block.of(KERNEL), strict=True)
        ]
    shares = [
        (remainder(second) - remainder(first)) / min(reported(first), reported(second)) for first, second in pairs
    ]
    if len(shares) < WINDOW:
        return None
    middle, half = interval(shares, AUDIT_ALPHA)
    return Unreported(middle, middle - half, middle + half)


def _doubled(blocks: Sequence[Block]) -> Iterator[tuple[Batch, Batch]]:
    """Yield pairs of the kernel's batches, of `k` and of `2 k` calls, from blocks that are two apart."""
    for number, block in enumerate(blocks[:-2]):
        pairs = zip(block.of(KERNEL), blocks[number + 2].of(KERNEL), strict=True)
        yield from ((short, long) for short, long in pairs if number % 4 < 2 and long.calls == 2 * short.calls)


def outliers(samples: Sequence[float]) -> int:
    """Return how many samples are more than 5 median absolute deviations from the median; none is ever removed."""
    middle = median(samples)
    deviation = median(abs(sample - middle) for sample in samples)
    return sum(abs(sample - middle) > 5 * deviation for sample in samples)
