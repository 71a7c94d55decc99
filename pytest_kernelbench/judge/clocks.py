"""Whether a runner's clock can be believed: what it says of its batches, beside what the judge has seen of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from pytest_kernelbench.judge.blocks import KERNEL, WINDOW, Batch, Block, Measured
from pytest_kernelbench.judge.ratio import interval

LIE_ALPHA = 0.001
"""Chance that a true clock is called wrong."""


class Hidden(NamedTuple):
    """Time of the kernel's calls that the judge's clock saw and the runner's did not, as a part of what it said."""

    share: float
    low: float
    high: float


def hidden(measured: Measured, baseline: str, *, device: bool = False) -> Hidden | None:
    """Return how much of the kernel's time is missing in what its runner said; None where there are too few batches.

    Where blocks have one or two times as many calls, the judge's clock must see the difference that the runner claims:
    what a request costs is the same in both. Where they do not, what a request to the kernel costs is compared with
    what a request to the baseline costs. With `device`, device seconds are looked at, which must have been `seen`.
    """

    def claimed(batch: Batch) -> float:
        return batch.timed.seconds if device else batch.timed.host_seconds

    def unseen(batch: Batch) -> float:
        seen = batch.timed.seen if device else batch.wall
        assert seen is not None
        return seen - claimed(batch)

    pairs = list(_doubled(measured.blocks))
    if len(pairs) < WINDOW:
        pairs = [pair for block in measured.blocks for pair in zip(block.of(baseline), block.of(KERNEL), strict=True)]
    shares = [(unseen(second) - unseen(first)) / min(claimed(first), claimed(second)) for first, second in pairs]
    if len(shares) < WINDOW:
        return None
    middle, half = interval(shares, LIE_ALPHA)
    return Hidden(middle, middle - half, middle + half)


def _doubled(blocks: Sequence[Block]) -> Iterator[tuple[Batch, Batch]]:
    """Yield batches of the kernel of `k` and of `2 k` calls, two blocks apart."""
    for number, block in enumerate(blocks[:-2]):
        pairs = zip(block.of(KERNEL), blocks[number + 2].of(KERNEL), strict=True)
        yield from ((short, long) for short, long in pairs if number % 4 < 2 and long.calls == 2 * short.calls)


def swings(samples: Sequence[float]) -> int:
    """Return how many samples lie beyond 5 median absolute deviations; they are counted, never left out."""
    middle = median(samples)
    deviation = median(abs(sample - middle) for sample in samples)
    return sum(abs(sample - middle) > 5 * deviation for sample in samples)
