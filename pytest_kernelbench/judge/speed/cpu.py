"""Timing on a CPU: baseline and kernel run on the same core and are timed by the processor time that Linux accounts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from pytest_kernelbench.judge.speed import workload_limits
from pytest_kernelbench.judge.speed.backends import MAX_HIDDEN, Timers
from pytest_kernelbench.judge.speed.clock_audit import unreported
from pytest_kernelbench.judge.speed.interleaving import KERNEL, Measurement, Schedule
from pytest_kernelbench.judge.speed.timed_runner import on_one_processor
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.task import Task

BATCH_SECONDS = 8e-3
"""Shortest batch; longer than on a GPU, since the operating system's scheduler disturbs short ones."""

MAX_BATCH_SECONDS = 0.2
"""Longest batch of a source that is much slower than the other, unless a single call takes longer."""

MAX_SECONDS = 20.0
"""Seconds of measuring after which no block is started."""


class CpuBackend:
    """Times kernels in plain torch on a CPU."""

    clock = "processor time of all threads; calls by elapsed time"
    parallel = False
    scales = True
    small = 1.8  # identical processes were seen 1.33 apart, on a machine that others used
    notes: Sequence[str] = ()

    def __init__(self) -> None:
        self.cache_bytes = workload_limits.last_level_cache()

    def too_large(self, task: Task, case: Case) -> str | None:
        """Return why a workload, which is meant for a GPU, is too large for a CPU; None if it is not."""
        return workload_limits.too_large(task, case)

    def too_slow(self, seconds: float) -> str | None:
        """Return why a workload is too slow for a CPU; None if it is not."""
        return workload_limits.too_slow(seconds)

    def schedule(self, *, once: bool) -> Schedule:
        """Return a schedule with longer batches than on a GPU."""
        return Schedule(BATCH_SECONDS, MAX_BATCH_SECONDS, max_seconds=MAX_SECONDS, once=once)

    def placed(self, timers: Timers) -> contextlib.AbstractContextManager[None]:
        """Return a context in which all runners stay on one core and the judge stays off it."""
        return on_one_processor([*timers.values()])

    def measure(self, timers: Timers, measure: Callable[[Callable[[], str | None]], Measurement]) -> Measurement:
        """Measure; no block is ever discarded on a CPU."""
        return measure(lambda: None)

    def audit(self, timers: Timers, measurement: Measurement) -> str | None:
        """Compare the runner's clocks with the judge's, and check that only the runner computes, and only in calls."""
        first, kernel = next(iter(timers)), timers[KERNEL]
        for device in (True, False):
            hidden = unreported(measurement, first, device=device)
            if hidden is not None and hidden.low > MAX_HIDDEN:
                return f"{hidden.text} (at least {1 + hidden.low:.2f} times)"
        if kernel.cpu_between - timers[first].cpu_between > MAX_HIDDEN * kernel.cpu_within:
            times = f"{kernel.cpu_between:.3f} s of processor time between calls and {kernel.cpu_within:.3f} s in them"
            return f"it used {times}: it keeps running after a call has returned"
        if kernel.moved:
            return "it has moved to another CPU core than the baseline's"
        if others := kernel.runner.family.others():
            return f"{len(others)} processes that it has started are running beside it"
        elapsed = measurement.host_estimate(first)
        if measurement.verdict(first) == "faster" and elapsed is not None and elapsed.high < 1:
            text = f"it is slower by elapsed time (speedup {elapsed.ratio:.2f})"
            return f"{text}: it offloads work to other processes"
        return None

    def doubt(self, verdict: str, call_ratio: float) -> str | None:
        """Doubt a difference in processor time of which elapsed time shows the opposite."""
        if verdict not in ("faster", "slower") or (call_ratio > 1) == (verdict == "faster"):
            return None
        return f"{verdict} by processor time, but not by elapsed time (speedup {call_ratio:.3f})"

    def figures(self, task: Task, case: Case, grade: str, device_seconds: float) -> dict[str, Any]:
        """Return nothing: there is no roofline for a CPU."""
        return {}

    def impossible(self) -> str | None:
        """Return None: there is no roofline for a CPU."""
        return None

    def close(self) -> None:
        """Do nothing: a CPU is not reserved."""
