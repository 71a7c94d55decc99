"""Count wrong verdicts of the speed measurement on simulated clocks with a known speedup, beside the usual method.

Each row of the table is one behaviour of the clock and one true speedup: how often the 99 % interval contains it, how
often a verdict is false, the blocks used, and the verdicts. The usual method times 120 batches of the baseline, then
120 of the kernel, and compares their medians with a bootstrap interval.

    python benchmarks/simulate_speed.py [--repetitions 2000]
"""

from __future__ import annotations

import argparse
import math
import random
from collections import Counter
from collections.abc import Callable
from statistics import mean

from pytest_kernelbench.judge.speed.interleaving import KERNEL, Schedule, Timed, measure
from pytest_kernelbench.judge.speed.ratio import MARGIN

RATIOS = (0.97, 1.0, 1.03)
CALL_SECONDS = 20e-6
NOISE = 0.01
"""Standard deviation of the logarithm of one batch."""

Drift = Callable[[random.Random], Callable[[float], float]]
"""Returns a function from simulated seconds to the factor by which the machine is slower."""


def steady(chance: random.Random) -> Callable[[float], float]:
    """Nothing happens."""
    return lambda now: 1.0


def warm_up(chance: random.Random) -> Callable[[float], float]:
    """The device gets 8 % faster while it warms up, over about as long as is measured."""
    scale = chance.uniform(0.02, 0.1)
    return lambda now: 1.08 - 0.08 * math.exp(-now / scale)


def step(chance: random.Random) -> Callable[[float], float]:
    """At one moment, everything takes 8 % longer from then on."""
    at = chance.uniform(0.0, 0.12)
    return lambda now: 1.08 if now > at else 1.0


def walk(chance: random.Random) -> Callable[[float], float]:
    """A random walk that moves 4 % in the time of 240 batches."""
    moves, each = [0.0], 200e-6
    deviation = 0.04 / math.sqrt(240)

    def factor(now: float) -> float:
        while len(moves) * each <= now:
            moves.append(moves[-1] + chance.gauss(0.0, deviation))
        return math.exp(moves[int(now / each)])

    return factor


class Machine:
    """A simulated device with a clock and a drift."""

    def __init__(self, ratio: float, drift: Drift, chance: random.Random, *, spikes: float = 0.0, tick: float = 0.0):
        self.now = 0.0
        self.ratio = ratio
        self.slower = drift(chance)
        self.chance = chance
        self.spikes = spikes
        self.tick = tick

    def clock(self) -> float:
        """Return the simulated time in seconds."""
        return self.now

    def batch(self, each: float, count: int) -> float:
        """Simulate `count` calls and return their time by the device's clock."""
        seconds = each * count * self.slower(self.now) * math.exp(self.chance.gauss(0.0, NOISE))
        if self.chance.random() < self.spikes:
            seconds *= 1 + self.chance.expovariate(2.0)
        self.now += seconds
        return round(seconds / self.tick) * self.tick if self.tick else seconds

    def sources(self) -> dict[str, Callable[[int, int], Timed]]:
        """Return baseline and kernel as sources of a measurement."""

        def source(each: float) -> Callable[[int, int], Timed]:
            def run(first: int, count: int) -> Timed:
                seconds = self.batch(each, count)
                return Timed(seconds, seconds)

            return run

        return {"eager": source(CALL_SECONDS), KERNEL: source(CALL_SECONDS / self.ratio)}


BEHAVIOURS: dict[str, tuple[Drift, dict[str, float]]] = {
    "no drift": (steady, {}),
    "warm-up drift 8 %": (warm_up, {}),
    "one 8 % step": (step, {}),
    "random walk 4 %": (walk, {}),
    "1 % spikes": (steady, {"spikes": 0.01}),
    "5 % spikes, random walk": (walk, {"spikes": 0.05}),
    "clock of 0.5 us steps": (steady, {"tick": 0.5e-6}),
    "clock of 2 us steps": (steady, {"tick": 2e-6}),
}
"""The drift of the clock and how it is read, by name."""


def false(verdict: str, ratio: float) -> bool:
    """Whether a verdict is wrong: `faster` or `slower` where it is not, or `same` beyond the margin."""
    if verdict in ("faster", "slower"):
        return verdict != ("faster" if ratio > 1 + MARGIN else "slower" if ratio < 1 - MARGIN else None)
    return verdict == "same" and not 1 - MARGIN <= ratio <= 1 + MARGIN


def engine(machine: Machine) -> tuple[float, float, str, int]:
    """Measure as the judge does; the drift starts with the warm-up."""
    schedule = Schedule(min_warm_up=0.0, max_warm_up=0.02)
    measured = measure(machine.sources(), clock=machine.clock, schedule=schedule)
    found = measured.estimates["eager"]
    return found.low, found.high, measured.verdict("eager"), len(measured.kept)


def usual(machine: Machine, resamples: int = 400) -> tuple[float, float, str, int]:
    """Measure baseline and kernel one after the other and compare medians with a 99 % bootstrap interval."""
    times = [[machine.batch(each, 10) for _ in range(120)] for each in (CALL_SECONDS, CALL_SECONDS / machine.ratio)]

    def middle(values: list[float]) -> float:
        ordered = sorted(machine.chance.choices(values, k=len(values)))
        return (ordered[59] + ordered[60]) / 2

    ratios = sorted(middle(times[0]) / middle(times[1]) for _ in range(resamples))
    low, high = ratios[int(0.005 * resamples)], ratios[-1 - int(0.005 * resamples)]
    verdict = "faster" if low > 1 + MARGIN else "slower" if high < 1 - MARGIN else "unclear"
    return low, high, "same" if low >= 1 - MARGIN and high <= 1 + MARGIN else verdict, 60


def cell(method: Callable[[Machine], tuple[float, float, str, int]], name: str, ratio: float, times: int) -> str:
    """Return the figures of one row as text."""
    drift, reading = BEHAVIOURS[name]
    results = [method(Machine(ratio, drift, random.Random(f"{name}/{ratio}/{n}"), **reading)) for n in range(times)]
    holds = mean(low <= ratio <= high for low, high, _, _ in results)
    wrong = mean(false(verdict, ratio) for _, _, verdict, _ in results)
    counts = Counter(verdict for _, _, verdict, _ in results)
    verdicts = " ".join(f"{verdict} {counts[verdict] / times:.1%}" for verdict in sorted(counts))
    return f"{holds:7.2%} {wrong:7.2%} {mean(blocks for *_, blocks in results):5.0f}  {verdicts}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--repetitions", type=int, default=2000, help="repetitions of each row; the usual method gets a tenth"
    )
    times = parser.parse_args().repetitions
    print(f"{'clock':<26}{'ratio':>6}  {'method':<9}{'covers':>7} {'false':>7} {'used':>5}  verdicts")
    for name in BEHAVIOURS:
        for ratio in RATIOS:
            print(f"{name:<26}{ratio:>6}  {'engine':<9}{cell(engine, name, ratio, times)}", flush=True)
            print(f"{'':<26}{'':>6}  {'usual':<9}{cell(usual, name, ratio, max(1, times // 10))}", flush=True)


if __name__ == "__main__":
    main()
