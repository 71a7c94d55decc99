"""Timing on a GPU: device time by CUDA events, call time by elapsed time, and the roofline."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, Protocol

from pytest_kernelbench.judge.speed import workload_limits
from pytest_kernelbench.judge.speed.backends import MAX_HIDDEN, Timers
from pytest_kernelbench.judge.speed.clock_audit import unreported
from pytest_kernelbench.judge.speed.flops_and_bytes import FlopsAndBytes, flops_and_bytes
from pytest_kernelbench.judge.speed.interleaving import KERNEL, Measurement, Schedule
from pytest_kernelbench.model.case import Case, leaves
from pytest_kernelbench.model.task import Task

CALL_BLOCKS = 20
"""Blocks in which call times are measured, each of four batches: baseline, kernel, kernel, baseline."""

LAUNCH_BOUND = 1.5
"""Call time over device time above which a workload is launch-bound."""

INT8 = "float8_e4m3fn"
"""Dtype whose products are as fast as those of int8, which is not measured."""


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

    @property
    def bandwidth(self) -> float:
        """Bytes per second."""
        ...

    @property
    def flops(self) -> Mapping[str, float]:
        """Multiplications and additions per second, by dtype."""
        ...

    @property
    def cache(self) -> int:
        """Bytes of the L2 cache; 0 where unknown."""
        ...

    def share(self, *, flops: float, moved_bytes: float, dtype: str, seconds: float) -> float | None:
        """Return the least time for this work, over `seconds`; None if the limit for the dtype is not known."""
        ...


class CudaBackend:
    """Times kernels on one GPU."""

    clock = "events of the GPU behind a gate; calls by elapsed time"
    parallel = True
    scales = False
    small = 1.2
    cache_bytes = workload_limits.CACHE_ON_GPU

    def __init__(self, monitor: Monitor, roofline: Roofline | None, beyond: Roofline | None = None) -> None:
        """`beyond` has the rates that no kernel exceeds; None where no time is impossible."""
        self.monitor = monitor
        self.roofline = roofline
        self.beyond = beyond
        self._notes: list[str] = []
        self._calls: dict[str, float] = {}
        self._leaked = 0.0
        self._least: tuple[float, str] | None = None
        """The shortest time that is possible, with the figures that it comes from."""
        self._seconds = 0.0

    @property
    def notes(self) -> list[str]:
        """What a reader of the figures must know; complete after `figures`."""
        return [*self._notes, *self.monitor.notes]

    def too_large(self, task: Task, case: Case) -> str | None:
        """Return None: results are compared on the GPU, in pieces."""
        return None

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
        work, dtype = flops_and_bytes(task, case), _dtype(task, case, grade)
        share = self._share_of_light(work, dtype, device_seconds)
        self._seconds = device_seconds
        if self.beyond is not None and self.beyond.source == "measured":
            self._least = _least(work, dtype, self.beyond, self.beyond.cache or self.cache_bytes)
        timing = {"roofline": self.roofline.source} if self.roofline is not None and share is not None else {}
        return {**calls, "speed_of_light": share, "timing": timing}

    def impossible(self) -> str | None:
        """Return why the kernel cannot be that fast; None if it can, or if no roofline is measured."""
        if self._least is None or self._seconds >= self._least[0]:
            return None
        seconds, figures = self._least
        return f"a call takes {1e6 * self._seconds:.1f} us, at least {1e6 * seconds:.1f} us are possible: {figures}"

    def close(self) -> None:
        """Close the monitor."""
        self.monitor.close()

    def _share_of_light(self, work: FlopsAndBytes, dtype: str, seconds: float) -> float | None:
        """Return the share of the roofline that the kernel reaches, or None if that is not known."""
        if self.roofline is None:
            return None
        share = self.roofline.share(flops=work.flops, moved_bytes=work.moved_bytes, dtype=dtype, seconds=seconds)
        return None if share is None else round(share, 4)


def _dtype(task: Task, case: Case, grade: str) -> str:
    """Return the dtype in which the products of a kernel are computed."""
    if task.compare == "quantised":
        return INT8
    return "tf32" if grade == "tf32" else next((recipe.dtype for _, recipe in leaves(case)), "float32")


def _least(work: FlopsAndBytes, dtype: str, beyond: Roofline, cache: int) -> tuple[float, str]:
    """Return the shortest possible time of a call, and the figures in words.

    A cache can save no more bytes than it holds: those of an input set that were left there by another call on it, and
    those of a result that are overwritten before they get to memory.
    """
    moved = max(0, work.moved_bytes - cache)
    by_memory, by_arithmetic = moved / beyond.bandwidth, 0.0
    if dtype in beyond.flops:
        by_arithmetic = work.least_flops / beyond.flops[dtype]
    if by_arithmetic > by_memory:
        rate = f"{beyond.flops[dtype] / 1e12:.0f} TFLOP/s of {dtype}"
        return by_arithmetic, f"{work.least_flops / 1e9:.1f} billion operations at {rate}"
    saved = f"{work.moved_bytes / 1e6:.1f} MB, less {cache / 1e6:.0f} MB that the cache may hold"
    return by_memory, f"{saved}, at {beyond.bandwidth / 1e12:.2f} TB/s"


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
