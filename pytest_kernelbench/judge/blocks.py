"""The engine: batches of baseline and kernel in turns, block after block, until the ratio is known or time is up.

It knows no process and no device. A source gives the seconds of a batch of calls, a clock gives the time, so that all
of it can be tried on simulated ones.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from pytest_kernelbench.judge.ratio import LOOKS, Estimate, estimate, log_ratio

KERNEL = "kernel"
"""Name of the source that is judged; all others are baselines, the first of them the one that decides."""

MOST_DISCARDED = 0.25
"""Part of the blocks that may be left out before nothing is said."""

WINDOW = 5
"""Blocks of a window of the warm-up."""

STEADY = 0.01
"""Relative change between two windows below which a source is warm."""

LONG_BATCH = 0.02
"""Seconds from which a batch is its own proof: what the judge's clock adds to it is small, and it is never doubled."""


class Timed(NamedTuple):
    """What a runner says of one batch of calls."""

    seconds: float
    """On the device."""
    host_seconds: float
    """By the caller's clock, launch and wait included."""
    leaked: bool = False
    """Whether host time is in `seconds`: the host was slower than the device's gate."""
    seen: float | None = None
    """Device seconds as somebody else has them whom the runner cannot deceive; what a request costs is in them."""


Source = Callable[[int, int], Timed]
"""Times `count` calls on consecutive input sets, the first of them given; `source(first, count)`."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long batches, warm-up and measuring take; seconds."""

    batch_seconds: float = 200e-6
    """Least length of a batch: clocks have steps, and starting them takes time."""
    most_calls: int = 400
    """Calls of a batch at most: a GPU's launch queue holds about 1000 launches."""
    once: bool = False
    """Whether a batch is one call, because the operation writes its inputs."""
    looks: tuple[int, ...] = LOOKS
    warm_least: float = 0.05
    warm_most: float = 2.0
    most_seconds: float = 10.0
    """After which no block is begun."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch as it was measured."""

    source: str
    calls: int
    timed: Timed
    wall: float
    """Seconds by the judge's own clock, request and answer included."""

    @property
    def each(self) -> float:
        """Device seconds per call."""
        return self.timed.seconds / self.calls


@dataclass(frozen=True, slots=True)
class Block:
    """Batches of all sources there and back again: A B B A."""

    batches: tuple[Batch, ...]
    cause: str | None = None
    """Why it is left out of the interval."""

    def of(self, source: str) -> tuple[Batch, Batch]:
        """Return the two batches of a source, in the order of the input sets that they ran on."""
        first, second = (batch for batch in self.batches if batch.source == source)
        return first, second

    def log_ratio(self, baseline: str, *, host: bool = False) -> float:
        """Return the log ratio of a baseline's time to the kernel's, on the device or by the caller's clock."""

        def seconds(source: str) -> tuple[float, float]:
            first, second = (each.timed.host_seconds if host else each.timed.seconds for each in self.of(source))
            return first, second

        return log_ratio(seconds(baseline), seconds(KERNEL))


@dataclass(slots=True)
class Measured:
    """All that was measured."""

    calls: int
    """Calls of a batch; every other pair of blocks may have twice as many."""
    blocks: list[Block] = field(default_factory=list)
    warm: bool = False
    """Whether the warm-up ended by itself."""
    estimates: dict[str, Estimate] = field(default_factory=dict)
    """By baseline; empty where there are too few blocks."""

    @property
    def kept(self) -> list[Block]:
        """Blocks that the intervals are made from."""
        return [block for block in self.blocks if block.cause is None]

    @property
    def discarded(self) -> dict[str, int]:
        """Number of blocks that were left out, by cause."""
        return dict(Counter(block.cause for block in self.blocks if block.cause is not None))

    @property
    def spoiled(self) -> bool:
        """Whether too many blocks were left out to say anything."""
        return len(self.blocks) - len(self.kept) > MOST_DISCARDED * len(self.blocks)

    def by_the_host(self, baseline: str) -> Estimate | None:
        """Return the ratio by the caller's clock."""
        if len(self.kept) < WINDOW:
            return None
        return estimate([block.log_ratio(baseline, host=True) for block in self.kept])

    def verdict(self, baseline: str) -> str:
        """Return what the interval says of the kernel beside a baseline."""
        known = self.estimates.get(baseline)
        return "unclear" if known is None or self.spoiled else known.verdict

    def samples(self, source: str) -> list[float]:
        """Return device seconds per call of every batch of a source, those of discarded blocks too."""
        return [batch.each for block in self.blocks for batch in block.of(source)]

    def device_seconds(self, source: str) -> float:
        """Return the median of device seconds per call."""
        return median(batch.each for block in self.kept or self.blocks for batch in block.of(source))

    def call_seconds(self, source: str) -> float:
        """Return the median of the caller's seconds per call."""
        batches = [batch for block in self.kept or self.blocks for batch in block.of(source)]
        return median(batch.timed.host_seconds / batch.calls for batch in batches)


class NoTime(ValueError):
    """A source says that calls took no time at all."""


def measure(
    sources: Mapping[str, Source],
    *,
    clock: Callable[[], float],
    schedule: Schedule | None = None,
    watch: Callable[[], str | None] = lambda: None,
) -> Measured:
    """Time the sources in turns until the first baseline's verdict is clear.

    `clock` gives the judge's seconds. `watch` is asked after each block and names the cause to leave it out, such as a
    throttled clock. Raises `NoTime` where a source says that time stood still.
    """
    return _Measuring(sources, clock, schedule or Schedule(), watch).run()


class _Measuring:
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
        """Input set that the next batch starts with."""

    def run(self) -> Measured:
        calls, seconds = self._calls()
        warm = self._warm_up(calls)
        measured = Measured(calls, warm=warm)
        doubled = not self.schedule.once and seconds < LONG_BATCH and 2 * calls <= self.schedule.most_calls
        started, looks = self.clock(), list(self.schedule.looks)
        most = math.ceil(looks[-1] / (1 - MOST_DISCARDED))
        self.watch()
        while looks and len(measured.blocks) < most and self.clock() - started < self.schedule.most_seconds:
            number = len(measured.blocks)
            # Two blocks, one in either order, have as many calls: what order does to them cancels.
            twice = doubled and number // 2 % 2 == 1
            block = self._block(calls * (1 + twice), reverse=number % 2 == 1)
            cause = self.watch()
            measured.blocks.append(Block(block.batches, cause))
            if cause is None and len(measured.kept) == looks[0]:
                looks.pop(0)
                self._look(measured)
                if measured.verdict(self.baselines[0]) != "unclear":
                    return measured
        self._look(measured)
        return measured

    def _look(self, measured: Measured) -> None:
        if len(measured.kept) >= WINDOW:
            for name in self.baselines:
                measured.estimates[name] = estimate([block.log_ratio(name) for block in measured.kept])

    def _calls(self) -> tuple[int, float]:
        """Return how many calls the quickest source needs for a batch, and how long the slowest takes for them."""
        calls = 1
        while True:
            first = self.next
            self.next += calls
            seconds = [self._batch(name, first, calls).timed.seconds for name in self.sources]
            missing = self.schedule.batch_seconds / min(seconds)
            if missing <= 1 or self.schedule.once or calls >= self.schedule.most_calls:
                return calls, max(seconds)
            # One batch says little of the next: a quarter more, and at most ten times as many.
            calls = min(self.schedule.most_calls, math.ceil(calls * min(10.0, 1.25 * missing)))

    def _warm_up(self, calls: int) -> bool:
        """Run blocks until two windows agree; return whether they did before time was up."""
        started, blocks = self.clock(), list[Block]()
        while (passed := self.clock() - started) < self.schedule.warm_most:
            whole = len(blocks) >= 2 * WINDOW and len(blocks) % WINDOW == 0
            if whole and passed >= self.schedule.warm_least and _agree(blocks[-2 * WINDOW : -WINDOW], blocks[-WINDOW:]):
                return True
            blocks.append(self._block(calls, reverse=len(blocks) % 2 == 1))
        return False

    def _block(self, calls: int, *, reverse: bool) -> Block:
        order = [*self.sources][::-1] if reverse else [*self.sources]
        batches = []
        for names in (order, order[::-1]):
            batches += [self._batch(name, self.next, calls) for name in names]
            self.next += calls
        return Block(tuple(batches))

    def _batch(self, name: str, first: int, calls: int) -> Batch:
        started = self.clock()
        timed = self.sources[name](first, calls)
        wall = self.clock() - started
        if not timed.seconds > 0 or not timed.host_seconds > 0:
            raise NoTime(f"{calls} calls took {timed.seconds} s by its own clock")
        return Batch(name, calls, timed, wall)


def _agree(before: Sequence[Block], after: Sequence[Block]) -> bool:
    """Whether every source took as long in one window as in the other."""

    def total(blocks: Sequence[Block], source: str) -> float:
        return math.fsum(batch.each for block in blocks for batch in block.of(source))

    sources = {batch.source for batch in before[0].batches}
    return all(abs(total(after, name) / total(before, name) - 1) <= STEADY for name in sources)
