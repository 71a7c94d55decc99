"""Interleaved measuring: blocks of batches of baseline and kernel, until the verdict is clear or the time is up.

Nothing here depends on processes or devices: a source returns the seconds of a batch of calls and a clock the time, so
that tests can simulate both.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from pytest_kernelbench.judge.speed.ratio import LOOKS, Estimate, estimate, log_ratio

KERNEL = "kernel"
"""Name of the source that is judged; all others are baselines, and the first baseline decides."""

MAX_DISCARDED = 0.25
"""Share of discarded blocks above which the verdict is `unclear`."""

WINDOW = 5
"""Number of blocks in a window of the warm-up, and the least number from which an interval is made."""

STEADY = 0.01
"""Relative change between two windows up to which a source is warm."""

LONG_BATCH = 0.02
"""Seconds of a batch from which the cost of a request is negligible, so that no batches are doubled."""


class Timed(NamedTuple):
    """The time of one batch of calls, as its runner reports it."""

    seconds: float
    """Device seconds."""
    host_seconds: float
    """Elapsed seconds for a caller, with launches and the final wait."""
    leaked: bool = False
    """Whether `seconds` includes host time, because the host was slower than the device's gate."""
    seen: float | None = None
    """Device seconds as measured outside the runner, which cannot forge them; includes the cost of a request."""
    untimed: float = 0.0
    """Elapsed seconds that the runner says it needed to change its inputs between calls; in neither of its times."""
    untimed_processor: float = 0.0
    """The same in seconds of the processor."""


Source = Callable[[int, int], Timed]
"""`source(first, count)` times `count` calls on consecutive input sets, starting with the set of index `first`."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The lengths of batches, warm-up and measuring."""

    batch_seconds: float = 200e-6
    """Seconds of the shortest batch: clocks advance in steps, and starting them takes time."""
    max_batch_seconds: float = 20e-3
    """Seconds of a batch that no source needs: one that is so much slower than the fastest makes fewer calls."""
    max_calls: int = 400
    """Largest number of calls in a batch: a GPU's launch queue holds about 1000 launches."""
    once: bool = False
    """Whether a batch is one call, because the operation writes its inputs."""
    looks: tuple[int, ...] = LOOKS
    """Numbers of blocks after which measuring may stop, increasing."""
    min_warm_up: float = 0.05
    """Seconds of the shortest warm-up."""
    max_warm_up: float = 2.0
    """Seconds of the longest warm-up."""
    max_seconds: float = 10.0
    """Seconds of measuring after which no block is started."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One measured batch."""

    source: str
    calls: int
    """Number of calls."""
    timed: Timed
    wall: float
    """Elapsed seconds by the judge's own clock, with request and answer."""

    @property
    def each(self) -> float:
        """Device seconds per call."""
        return self.timed.seconds / self.calls


@dataclass(frozen=True, slots=True)
class Block:
    """Two batches of each source, the second ones in reverse order: A B B A."""

    batches: tuple[Batch, ...]
    cause: str | None = None
    """Why the block is discarded from the interval; None if it is kept."""

    def of(self, source: str) -> tuple[Batch, Batch]:
        """Return the two batches of a source, in the order in which they ran."""
        first, second = (batch for batch in self.batches if batch.source == source)
        return first, second

    def log_ratio(self, baseline: str, *, host: bool = False) -> float:
        """Return the log of a baseline's time over the kernel's: device time, or with `host` the time for a caller."""

        def seconds(source: str) -> tuple[float, float]:
            first, second = (each.timed.host_seconds / each.calls if host else each.each for each in self.of(source))
            return first, second

        return log_ratio(seconds(baseline), seconds(KERNEL))


@dataclass(slots=True)
class Measurement:
    """All blocks of one measurement, and the estimates from them."""

    counts: Mapping[str, int]
    """Number of calls in a batch of each source; every other pair of blocks may have twice as many."""
    blocks: list[Block] = field(default_factory=list)
    """Blocks in the order of measuring, with discarded ones."""
    warm: bool = False
    """Whether times were steady at the end of the warm-up."""
    estimates: dict[str, Estimate] = field(default_factory=dict)
    """Speedup over each baseline, by its name; empty if there are too few blocks."""

    @property
    def calls(self) -> int:
        """Number of calls in a batch of the kernel."""
        return self.counts[KERNEL]

    @property
    def kept(self) -> list[Block]:
        """Blocks that are not discarded, from which the estimates are made."""
        return [block for block in self.blocks if block.cause is None]

    @property
    def discarded(self) -> dict[str, int]:
        """Number of discarded blocks, by cause."""
        return dict(Counter(block.cause for block in self.blocks if block.cause is not None))

    @property
    def spoiled(self) -> bool:
        """Whether too many blocks were discarded for a verdict."""
        return len(self.blocks) - len(self.kept) > MAX_DISCARDED * len(self.blocks)

    def host_estimate(self, baseline: str) -> Estimate | None:
        """Return the speedup for a caller, launches included; None if there are too few blocks."""
        if len(self.kept) < WINDOW:
            return None
        return estimate([block.log_ratio(baseline, host=True) for block in self.kept])

    def verdict(self, baseline: str) -> str:
        """Return the verdict over a baseline: `faster`, `slower`, `same` or `unclear`."""
        known = self.estimates.get(baseline)
        return "unclear" if known is None or self.spoiled else known.verdict

    def samples(self, source: str) -> list[float]:
        """Return device seconds per call of every batch of a source, discarded blocks included."""
        return [batch.each for block in self.blocks for batch in block.of(source)]

    def device_seconds(self, source: str) -> float:
        """Return the median device seconds per call of a source."""
        return median(batch.each for block in self.kept or self.blocks for batch in block.of(source))

    def call_seconds(self, source: str) -> float:
        """Return the median seconds per call of a source for a caller, launches included."""
        batches = [batch for block in self.kept or self.blocks for batch in block.of(source)]
        return median(batch.timed.host_seconds / batch.calls for batch in batches)


class NoTime(ValueError):
    """A source reports that a batch took no time."""


def measure(
    sources: Mapping[str, Source],
    *,
    clock: Callable[[], float],
    schedule: Schedule | None = None,
    watch: Callable[[], str | None] = lambda: None,
) -> Measurement:
    """Time the sources in turns until the first baseline's verdict is clear.

    `clock` returns the judge's seconds. `watch` is called after each block and returns the cause for discarding it,
    such as a throttled clock, or None. Raises `NoTime` if a source reports zero elapsed time.
    """
    return _Measuring(sources, clock, schedule or Schedule(), watch).run()


class _Measuring:
    """The state of one call of `measure`."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        clock: Callable[[], float],
        schedule: Schedule,
        watch: Callable[[], str | None],
    ) -> None:
        self.sources = sources
        self.clock = clock
        self.schedule = schedule
        self.watch = watch
        self.baselines = [name for name in sources if name != KERNEL]
        self.next = 0
        """Index of the input set with which the next batch starts."""

    def run(self) -> Measurement:
        counts, seconds = self._counts()
        warm = self._warm_up(counts)
        measurement = Measurement(counts, warm=warm)
        room = 2 * max(counts.values()) <= self.schedule.max_calls
        doubled = not self.schedule.once and seconds < LONG_BATCH and room
        started, looks = self.clock(), list(self.schedule.looks)
        max_blocks = math.ceil(looks[-1] / (1 - MAX_DISCARDED))
        self.watch()
        while looks and len(measurement.blocks) < max_blocks and self.clock() - started < self.schedule.max_seconds:
            number = len(measurement.blocks)
            # Two blocks in a row, one in either order, have the same number of calls: effects of the order cancel.
            twice = doubled and number // 2 % 2 == 1
            some = {name: count * (1 + twice) for name, count in counts.items()}
            block = self._block(some, reverse=number % 2 == 1)
            cause = self.watch()
            measurement.blocks.append(Block(block.batches, cause))
            if cause is None and len(measurement.kept) == looks[0]:
                looks.pop(0)
                self._look(measurement)
                if measurement.verdict(self.baselines[0]) != "unclear":
                    return measurement
        self._look(measurement)
        return measurement

    def _look(self, measurement: Measurement) -> None:
        """Make the estimates from the blocks so far."""
        if len(measurement.kept) >= WINDOW:
            for name in self.baselines:
                measurement.estimates[name] = estimate([block.log_ratio(name) for block in measurement.kept])

    def _counts(self) -> tuple[dict[str, int], float]:
        """Return how many calls of each source make a batch, and the seconds of the slowest batch.

        All sources make as many calls as the fastest one needs, except those for which that would take too long.
        """
        calls, counts = 1, dict.fromkeys(self.sources, 1)
        while True:
            first = self.next
            self.next += calls
            batches = [self._batch(name, first, count) for name, count in counts.items()]
            factor = self.schedule.batch_seconds / (min(batch.each for batch in batches) * calls)
            if factor <= 1 or self.schedule.once or calls >= self.schedule.max_calls:
                return counts, max(batch.timed.seconds for batch in batches)
            # A single batch predicts the next one badly: a quarter more calls than that, and at most ten times as many.
            calls = min(self.schedule.max_calls, math.ceil(calls * min(10.0, 1.25 * factor)))
            longest = self.schedule.max_batch_seconds
            counts = {batch.source: min(calls, math.ceil(longest / batch.each)) for batch in batches}

    def _warm_up(self, counts: Mapping[str, int]) -> bool:
        """Run blocks until two windows agree; return whether they did before the warm-up's time was up."""
        started, blocks = self.clock(), list[Block]()
        while (passed := self.clock() - started) < self.schedule.max_warm_up:
            full = len(blocks) >= 2 * WINDOW and len(blocks) % WINDOW == 0
            if full and passed >= self.schedule.min_warm_up and _agree(blocks[-2 * WINDOW : -WINDOW], blocks[-WINDOW:]):
                return True
            blocks.append(self._block(counts, reverse=len(blocks) % 2 == 1))
        return False

    def _block(self, counts: Mapping[str, int], *, reverse: bool) -> Block:
        """Time two batches of each source, the second ones in reverse order."""
        order = [*self.sources][::-1] if reverse else [*self.sources]
        batches = []
        for names in (order, order[::-1]):
            batches += [self._batch(name, self.next, counts[name]) for name in names]
            self.next += max(counts.values())
        return Block(tuple(batches))

    def _batch(self, name: str, first: int, calls: int) -> Batch:
        started = self.clock()
        timed = self.sources[name](first, calls)
        wall = self.clock() - started
        if not (least := min(timed.seconds, timed.host_seconds)) > 0:
            raise NoTime(f"{calls} calls took {least} s by its own clock")
        return Batch(name, calls, timed, wall)


def _agree(before: Sequence[Block], after: Sequence[Block]) -> bool:
    """Whether every source took the same time in both windows, but for `STEADY`."""

    def total(blocks: Sequence[Block], source: str) -> float:
        return math.fsum(batch.each for block in blocks for batch in block.of(source))

    sources = {batch.source for batch in before[0].batches}
    return all(abs(total(after, name) / total(before, name) - 1) <= STEADY for name in sources)
