"""Time batches of calls on a GPU with CUDA events, behind a gate that hides the time of the host.

The gate is a kernel that spins until the host has queued all calls of the batch; the calls then run back to back. If
the gate ends too early, the start event has already passed when the host has queued the last call. Such a batch has
leaked: it includes host time, and the next gate is longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from pytest_kernelbench.runner.timing import Batch, garbage_collector_paused

MIN_GATE, MAX_GATE = 100e-6, 50e-3
"""Shortest and longest gate, in seconds."""

MARGIN = 1.5
"""Length of a gate over the time that the host is expected to need for a batch."""

FIRST_HOST = 30e-6
"""Host seconds per call that are assumed at first: about those of one Triton launch."""

MAX_LEAKS = 3
"""Consecutive leaks of the longest gate after which the calls count as host-bound."""

LATE = 30e-6
"""Seconds that the final synchronisation may take after the end event before they count as device time."""

PROBE_CYCLES = 2_000_000
"""Clock cycles of the sleep that the clock rate is measured with."""


class CudaTimer:
    """Times batches with CUDA events, and includes work that outlives the end event or runs on other streams."""

    clock = "cuda_events"

    def __init__(
        self,
        cuda: Any = None,
        *,
        off_stream_launches: Callable[[], int] = lambda: 0,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`cuda` is `torch.cuda`, `now` the host's clock; tests replace them.

        `off_stream_launches()` returns the number of launches so far on streams other than the default one.
        """
        if cuda is None:
            import torch

            cuda = torch.cuda
        self.cuda = cuda
        self.off_stream_launches = off_stream_launches
        self.now = now
        self.host = FIRST_HOST
        """Estimate of the host's seconds per call."""
        self.leaks = 0
        """Consecutive leaks of the longest gate."""
        self.uses_other_streams = False
        """Whether launches on other streams were seen, which no gate holds back."""
        self._rate = 0.0

    @property
    def host_bound(self) -> bool:
        """Whether no gate is long enough, because calls wait for the device or the host is slower than the device."""
        return self.leaks >= MAX_LEAKS

    def synchronise(self) -> None:
        """Wait for all streams; raises errors of the device."""
        self.cuda.synchronize()

    def batch(self, call: Callable[[int], object], first: int, count: int, *, gated: bool) -> Batch:
        """Time the calls, as `Timer.batch` says; the device is idle before and after them."""
        with garbage_collector_paused():
            self.synchronise()
            if self.uses_other_streams or not gated:
                return self._by_the_host(call, first, count)
            return self._by_events(call, first, count)

    def _by_the_host(self, call: Callable[[int], object], first: int, count: int) -> Batch:
        """Time calls by the host's clock, synchronising before and after."""
        before = self.off_stream_launches()
        started = self.now()
        for index in range(first, first + count):
            call(index)
        self.synchronise()
        seconds = self.now() - started
        self.uses_other_streams |= self.off_stream_launches() > before
        return Batch(seconds, seconds, leaked=True)

    def _by_events(self, call: Callable[[int], object], first: int, count: int) -> Batch:
        """Time by events behind a gate, or without one where the calls are host-bound."""
        gate = 0.0 if self.host_bound else min(MAX_GATE, max(MIN_GATE, MARGIN * self.host * count))
        start, end = (self.cuda.Event(enable_timing=True) for _ in range(2))
        before = self.off_stream_launches()
        opened = self.now()
        if gate:
            self.cuda._sleep(int(gate * self._cycles_per_second()))
        start.record()
        began = self.now()
        for index in range(first, first + count):
            call(index)
        queued = self.now()
        end.record()
        leaked = bool(start.query())
        end.synchronize()
        done = self.now()
        self.synchronise()
        over = self.now()
        if self.off_stream_launches() > before:
            # The gate held none of that back. From now on, only times between two idle states of the device count.
            self.uses_other_streams = True
            return Batch(over - opened, over - opened, leaked=True)
        self._learn(gate, (queued - began) / count, leaked)
        late = over - done
        seconds = float(start.elapsed_time(end)) / 1e3 + (late if late > LATE else 0.0)
        return Batch(seconds, over - began, leaked=leaked or not gate)

    def _learn(self, gate: float, host: float, leaked: bool) -> None:
        """Update the estimate that the length of the next gate depends on."""
        if not leaked:
            self.leaks = 0
            self.host = max(host, 0.9 * self.host)
            return
        self.leaks += gate >= MAX_GATE
        self.host = max(host, 2 * self.host)

    def _cycles_per_second(self) -> float:
        """Return the clock rate that `torch.cuda._sleep` counts with, measured once."""
        if not self._rate:
            start, end = (self.cuda.Event(enable_timing=True) for _ in range(2))
            for _ in range(2):  # the first time loads the kernel
                start.record()
                self.cuda._sleep(PROBE_CYCLES)
                end.record()
                end.synchronize()
            self._rate = PROBE_CYCLES / (float(start.elapsed_time(end)) / 1e3)
        return self._rate
