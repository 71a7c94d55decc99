"""Timing on a GPU: device time by CUDA events, call time by elapsed time, and the roofline."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, Protocol

from pytest_kernelbench.judge.speed import workload_limits
from pytest_kernelbench.judge.speed.backends import MAX_HIDDEN, Timers
from pytest_kernelbench.judge.speed.clock_audit import unreported
from pytest_kernelbench.judge.speed.flops_and_bytes import flops_and_bytes
from pytest_kernelbench.judge.speed.interleaving import KERNEL, Measurement, Schedule
from pytest_kernelbench.model.case import Case, leaves
from pytest_kernelbench.model.task import Task

CALL_BLOCKS = 20
"""Blocks in which call times are measured, each of four batches: baseline, kernel, kernel, baseline."""

LAUNCH_BOUND = 1.5
"""Call time over device time above which a workload is launch-bound."""

IMPOSSIBLE = 1.05
"""Share of the measured roofline above which a time, or a result, must be false."""


class Monitor(Protocol):
    """Observes a GPU while it is timed; `gpus.nvml.GpuMonitor` implements it."""

    ours: set[int]
    """Process ids of the runners."""
    notes: dict[str, None]
    """Facts for a reader of the record, as ordered keys."""

    def busy(self) -> list[str]:
        """Return why the GPU is not idle before timing starts, such as other processes."""
        ...

    def since(self) -> str | None:
        """Return what has disturbed the GPU since the last call, such as throttling, or None."""
        ...

    def close(self) -> None:
        """Release the GPU."""
        ...


class Roofline(Protocol):
    """The speed limits of a GPU; `gpus.roofline.Roofline` implements it."""

    @property
    def source(self) -> str:
        """Where the limits come from, such as `measured`."""
        ...

    def share(self, *, flops: float, moved_bytes: float, dtype: str, seconds: float) -> float | None:
        """Return the least time for this work, over `seconds`; None if the limit for the dtype is not known."""
        ...


class CudaBackend:
    """Times kernels on one GPU."""

    clock = "events of the GPU behind a gate; calls by elapsed time"
    cache_bytes = workload_limits.CACHE_ON_GPU

    def __init__(self, monitor: Monitor, roofline: Roofline | None) -> None:
        self.monitor = monitor
        self.roofline = roofline
        self._notes: list[str] = []
        self._calls: dict[str, float] = {}
        self._leaked = 0.0
        self._share: float | None = None

    @property
    def notes(self) -> list[str]:
        """What a reader of the figures must know; complete after `figures`."""
        return [*self._notes, *self.monitor.notes]

    def too_large(self, task: Task, case: Case) -> str | None:
        """Return why the oracle, which runs on the CPU, cannot check a workload; None if it can."""
        return workload_limits.too_large_to_check(task, case)

    def too_slow(self, seconds: float) -> str | None:
        """Return None: no workload is too slow for a GPU."""
        return None

    def schedule(self, *, once: bool) -> Schedule:
        """Return the default schedule."""
        return Schedule(once=once)

    def placed(self, timers: Timers) -> contextlib.AbstractContextManager[None]:
        """Return a context that does nothing: CUDA needs other CPU cores than the caller's."""
        return contextlib.nullcontext()

    def measure(self, timers: Timers, measure: Callable[[Callable[[], str | None]], Measurement]) -> Measurement:
        """Measure device time, discarding blocks that throttling or other processes disturb, then call times."""
        self.monitor.ours |= {timer.runner.pid for timer in timers.values()}
        self._notes += self.monitor.busy()
        measurement = measure(self.monitor.since)
        leaked = [batch.timed.leaked for block in measurement.blocks for batch in block.batches]
        self._leaked = sum(leaked) / len(leaked)
        self._calls = _call_times(timers, measurement.counts)
        return measurement

    def audit(self, timers: Timers, measurement: Measurement) -> str | None:
        """Note if the judge's clock and the runner's disagree; the judge cannot measure device time itself."""
        hidden = unreported(measurement, next(iter(timers)))
        if hidden is not None and hidden.low > MAX_HIDDEN:
            self._notes.append(hidden.text)
        return None

    def doubt(self, verdict: str, call_ratio: float) -> str | None:
        """Return None: elapsed time on a GPU also depends on the host."""
        return None

    def figures(self, task: Task, case: Case, grade: str, device_seconds: float) -> dict[str, Any]:
        """Return call times, the share of the roofline (`speed_of_light`), and the roofline's source."""
        baseline = next(iter(self._calls))
        calls = {"call_seconds": self._calls[KERNEL], "baseline_call_seconds": self._calls[baseline]}
        if calls["call_seconds"] > LAUNCH_BOUND * device_seconds:
            self._notes.append("launch-bound: a caller waits for the host, not for the GPU")
        if self._leaked:
            self._notes.append(f"host-bound: {self._leaked:.0%} of the batches include host time")
        self._share = self._share_of_light(task, case, grade, device_seconds)
        timing = {"roofline": self.roofline.source} if self.roofline is not None and self._share is not None else {}
        return {**calls, "speed_of_light": self._share, "timing": timing}

    def impossible(self, case: Case, sets: int) -> str | None:
        """Return why the kernel cannot be that fast; None if no roofline is measured or a cache holds the inputs."""
        size = sum(recipe.nbytes for _, recipe in leaves(case))
        bounded = size * sets >= 3 * self.cache_bytes
        if self._share is None or self.roofline is None or self.roofline.source != "measured" or not bounded:
            return None
        if self._share <= IMPOSSIBLE:
            return None
        return f"it is at {self._share:.0%} of the speed of light that was measured on this GPU"

    def close(self) -> None:
        """Close the monitor."""
        self.monitor.close()

    def _share_of_light(self, task: Task, case: Case, grade: str, seconds: float) -> float | None:
        """Return the share of the roofline that the kernel reaches, or None if that is not known."""
        if self.roofline is None:
            return None
        counted = flops_and_bytes(task, case)
        dtype = next((recipe.dtype for _, recipe in leaves(case)), "float32") if grade != "tf32" else "tf32"
        share = self.roofline.share(flops=counted.flops, moved_bytes=counted.moved_bytes, dtype=dtype, seconds=seconds)
        return None if share is None else round(share, 4)


def _call_times(timers: Timers, counts: Mapping[str, int]) -> dict[str, float]:
    """Return median seconds per call of the first baseline and the kernel, with launches and the final wait."""
    pair = {name: timers[name] for name in (next(iter(timers)), KERNEL)}
    seconds: dict[str, list[float]] = {name: [] for name in pair}
    first = 0
    for block in range(CALL_BLOCKS):
        order = [*pair] if block % 2 == 0 else [*reversed(pair)]
        for name in (*order, *reversed(order)):
            seconds[name].append(pair[name](first, counts[name], gated=False).host_seconds / counts[name])
        first += max(counts.values())
    return {name: median(each) for name, each in seconds.items()}
