"""The protocol of speed backends: what a speed benchmark does differently on a CPU and on a GPU."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from pytest_kernelbench.judge.speed.interleaving import Measurement, Schedule
from pytest_kernelbench.judge.speed.timed_runner import TimedRunner
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.task import Task

MAX_HIDDEN = 0.05
"""Share of a kernel's time that its runner may fail to report; a larger one, with confidence, is deception."""

Timers = Mapping[str, TimedRunner]
"""The runners of one measurement by name: the first baseline, which decides, `interleaving.KERNEL`, other baselines."""


class SpeedBackend(Protocol):
    """How kernels are timed on one kind of device; one object serves one kernel on one workload."""

    clock: str
    """The clocks that are used, for the record."""
    parallel: bool
    """Whether baseline and kernel start at the same time, on cores of their own."""
    scales: bool
    """Whether workloads that are too large or too slow are made smaller; otherwise they are not timed."""
    small: float
    """Ratio of times up to which fresh processes must confirm a difference: identical ones may be so far apart."""
    cache_bytes: int
    """Bytes of the largest cache; the input sets together must be larger."""

    def too_large(self, task: Task, case: Case) -> str | None:
        """Return why a workload is too large for this device, from its flops and bytes; None if it is not."""
        ...

    def too_slow(self, seconds: float) -> str | None:
        """Return why a workload is too slow for this device, from the seconds of a baseline call; None if it is not."""
        ...

    def schedule(self, *, once: bool) -> Schedule:
        """Return the lengths of batches, warm-up and measuring; with `once`, a batch is a single call."""
        ...

    def placed(self, timers: Timers) -> contextlib.AbstractContextManager[None]:
        """Return a context in which the runners stay where they are measured, such as on one CPU core."""
        ...

    def measure(self, timers: Timers, measure: Callable[[Callable[[], str | None]], Measurement]) -> Measurement:
        """Call `measure(watch)` and return its measurement.

        `watch()` is called after each block and returns the cause for discarding it, such as throttling, or None.
        """
        ...

    def audit(self, timers: Timers, measurement: Measurement) -> str | None:
        """Return why the kernel's times cannot be believed; None if they can. A mere doubt becomes a note."""
        ...

    def doubt(self, verdict: str, call_ratio: float) -> str | None:
        """Return why a verdict is in doubt and becomes `unclear`; `call_ratio` is the speedup by elapsed time."""
        ...

    def figures(self, task: Task, case: Case, grade: str, device_seconds: float) -> dict[str, Any]:
        """Return further fields of the record; `device_seconds` is the kernel's time and `grade` its grade."""
        ...

    def impossible(self) -> str | None:
        """Return why the kernel cannot be that fast; None if it can. Called after `figures`."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What a reader of the figures must know, such as a power cap."""
        ...

    def close(self) -> None:
        """Release the device."""
        ...
