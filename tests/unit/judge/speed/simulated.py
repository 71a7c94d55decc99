"""Simulated devices, measurements and backends, for tests of timing."""

from __future__ import annotations

import random
from collections.abc import Callable

from pytest_kernelbench.judge.speed.interleaving import (
    KERNEL,
    Batch,
    Block,
    Measurement,
    Schedule,
    Timed,
    measure,
)
from pytest_kernelbench.judge.speed.ratio import Estimate


class Machine:
    """A simulated device: a call of a source takes its seconds, times what drift and noise make of them."""

    def __init__(
        self, *, drift: Callable[[float], float] = lambda now: 1.0, noise: float = 0.0, seed: int = 0, **calls: float
    ) -> None:
        self.now = 0.0
        self.drift = drift
        self.noise = noise
        self.random = random.Random(seed)
        self.asked: list[tuple[str, int, int]] = []
        self.sources = {name: self.source(name, seconds) for name, seconds in calls.items()}

    def source(self, name: str, seconds: float, reported: float = 1.0) -> Callable[[int, int], Timed]:
        """Return a source whose calls take `seconds`; its runner reports only a share of them."""

        def run(first: int, count: int) -> Timed:
            self.asked.append((name, first, count))
            took = seconds * count * self.drift(self.now) * (1 + self.noise * self.random.gauss(0.0, 1.0))
            self.now += took + 3e-4 * (1 + self.noise * self.random.random())
            return Timed(reported * took, reported * took, seen=took + 1e-4)

        return run

    def measure(self, **schedule: object) -> Measurement:
        """Measure the sources, after a short warm-up."""
        settings = {"min_warm_up": 0.0, "max_warm_up": 0.05, **schedule}
        return measure(self.sources, clock=lambda: self.now, schedule=Schedule(**settings))  # type: ignore[arg-type]


def pair(ratio: float, half: float = 0.005, *, spoiled: bool = False) -> Measurement:
    """Return the measurement of one pair of processes: a baseline of one second per call, and a kernel."""
    batches = [
        Batch(name, 2, Timed(2 * each, 2.2 * each), 2.5 * each)
        for name, each in (("eager", 1.0), (KERNEL, 1 / ratio), (KERNEL, 1 / ratio), ("eager", 1.0))
    ]
    cause = "throttled" if spoiled else None
    return Measurement(
        {"eager": 2, KERNEL: 2},
        [Block(tuple(batches), cause)] * 10,
        True,
        {"eager": Estimate(ratio, ratio - half, ratio + half)},
    )
