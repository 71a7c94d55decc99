"""One kernel on one workload, timed on a GPU: device time by events, call time apart from it, speed of light."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import Any, Protocol

from pytest_kernelbench.judge import affordable
from pytest_kernelbench.judge.blocks import KERNEL, Measured, Schedule
from pytest_kernelbench.judge.clocks import hidden
from pytest_kernelbench.judge.sides import Side
from pytest_kernelbench.judge.speed import MOST_HIDDEN, Speed
from pytest_kernelbench.judge.trial import Finding
from pytest_kernelbench.judge.work import Work, work
from pytest_kernelbench.model.case import leaves
from pytest_kernelbench.model.record import Failure, SpeedRecord
from pytest_kernelbench.runner.child import RunnerDied

CALL_BLOCKS = 20
"""Blocks of calls as a caller makes them, without a gate: baseline, kernel, kernel, baseline."""

LAUNCH_BOUND = 1.5
"""Call time over device time from which the host is what limits a kernel."""

IMPOSSIBLE = 1.05
"""Share of the measured speed of light above which a clock, or a result, cannot be true."""


class Watch(Protocol):
    """Looks at what else goes on on the GPU."""

    ours: set[int]
    notes: dict[str, None]

    def busy(self) -> list[str]: ...

    def since(self) -> str | None: ...


class Ceilings(Protocol):
    """What the GPU allows."""

    @property
    def source(self) -> str: ...

    def share(self, *, flops: float, moved_bytes: float, dtype: str, seconds: float) -> float | None: ...


class SpeedOnGpu(Speed):
    """The same race on a GPU."""

    clock = "events of the GPU behind a gate; calls by the clock on the wall"
    watch: Watch | None = None
    ceilings: Ceilings | None = None

    def run(self) -> SpeedRecord:
        """Time the kernel; what is faster than light is rejected."""
        record = super().run()
        share = record.speed_of_light
        if share is None or share <= IMPOSSIBLE or not self._bounded():
            return record
        text = f"it is at {share:.0%} of the speed of light that was measured on this GPU"
        return replace(record, status="rejected", verdict="impossible", failure=Failure("timing", text))

    def _unaffordable(self) -> str | None:
        return affordable.too_large_to_check(self.task, self.case)

    def _too_slow(self, seconds: float) -> str | None:
        return None

    def _cache(self) -> int:
        return affordable.CACHE_ON_GPU

    def _schedule(self, written: bool) -> Schedule:
        return Schedule(once=written)

    def _since(self) -> str | None:
        return self.watch.since() if self.watch is not None else None

    def _placed(self, sides: Sequence[Side]) -> contextlib.AbstractContextManager[None]:
        """Leave the processors to CUDA, whose threads need some beside the caller's."""
        return contextlib.nullcontext()

    def _measure(self, kernel: Side, written: bool, sets: int) -> Measured:
        if self.watch is not None:
            self.watch.ours |= {side.runner.pid for side in (kernel, *self.baselines.values())}
            self.notes += self.watch.busy()
        measured = super()._measure(kernel, written, sets)
        self._calls = self._call_times(kernel, measured.calls)
        return measured

    def _call_times(self, kernel: Side, count: int) -> dict[str, float]:
        """Return seconds per call as a caller has them: launches and the wait at the end included."""
        sides = {self.plan.baselines[0]: self.baselines[self.plan.baselines[0]], KERNEL: kernel}
        seconds: dict[str, list[float]] = {name: [] for name in sides}
        first = 0
        try:
            for block in range(CALL_BLOCKS):
                order = [*sides] if block % 2 == 0 else [*reversed(sides)]
                for name in (*order, *reversed(order)):
                    sides[name].gated = False
                    seconds[name].append(sides[name](first, count).host_seconds / count)
                first += count
        except RunnerDied as death:
            if not kernel.died:
                raise Finding("error", f"the runner of a baseline has ended: {death}", self.case) from None
            raise self.trial._dead(death, self.case) from None
        return {name: median(each) for name, each in seconds.items()}

    def _audit(self, kernel: Side, measured: Measured) -> None:
        """Say where the judge's clock and the runner's disagree; device time itself nothing here can refute."""
        unseen = hidden(measured, self.plan.baselines[0])
        if unseen is not None and unseen.low > MOST_HIDDEN:
            self.notes.append(f"the judge's clock saw {1 + unseen.share:.2f} times the time that its runner reports")

    def _figures(self) -> dict[str, Any]:
        figures = super()._figures()
        calls = {"call_seconds": self._calls[KERNEL], "baseline_call_seconds": self._calls[self.plan.baselines[0]]}
        if calls["call_seconds"] > LAUNCH_BOUND * figures["device_seconds"]:
            self.notes.append("launch-bound: a caller waits for the host, not for the GPU")
        if leaks := self._leaks():
            self.notes.append(f"host-bound: host time is in {leaks:.0%} of the batches")
        if self.watch is not None:
            self.notes += self.watch.notes
        share = self._share(figures["device_seconds"])
        if share is not None and self.ceilings is not None:
            self.timing["ceilings"] = self.ceilings.source
        return {**figures, **calls, "speed_of_light": share}

    def _leaks(self) -> float:
        """Return the share of batches with host time in them."""
        leaked = [batch.timed.leaked for block in self.measures[-1].blocks for batch in block.batches]
        return sum(leaked) / len(leaked)

    def _share(self, seconds: float) -> float | None:
        if self.ceilings is None:
            return None
        found: Work = work(self.task, self.case)
        dtype = next((recipe.dtype for _, recipe in leaves(self.case)), "float32")
        if self.trial.grade == "tf32":
            dtype = "tf32"
        share = self.ceilings.share(flops=found.flops, moved_bytes=found.moved_bytes, dtype=dtype, seconds=seconds)
        return None if share is None else round(share, 4)

    def _bounded(self) -> bool:
        """Whether the share is a bound: the ceilings were measured, and the inputs do not stay in a cache."""
        size = sum(recipe.nbytes for _, recipe in leaves(self.case))
        sets = int(self.timing.get("inputs", 0))
        return self.ceilings is not None and self.ceilings.source == "measured" and size * sets >= 3 * self._cache()
