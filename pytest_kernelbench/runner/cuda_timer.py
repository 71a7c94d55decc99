"""Times batches of calls on a GPU by its own events, behind a gate that keeps it busy while the host works ahead.

The device spins in the gate until the host has queued all calls of the batch; then they run one after the other with
nothing of the host between them. Where the gate ends too early, the start event is already over when the host is done:
the batch has leaked, and the next gate is longer.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Iterator
from typing import Any

from pytest_kernelbench.runner.timing import Batch

LEAST_GATE, MOST_GATE = 100e-6, 50e-3
"""Seconds of the shortest and the longest gate."""

MARGIN = 1.5
"""A gate's length over the host's time for a batch."""

FIRST_HOST = 30e-6
"""Host seconds per call that are assumed before any is known: about one launch of Triton's."""

MOST_LEAKS = 3
"""Leaks of the longest gate after which the host is taken to be what limits the calls."""

LATE = 30e-6
"""Seconds for which the device may go on after the last event: waiting itself takes some of them."""

PROBE_CYCLES = 2_000_000
"""Clock cycles of the sleep that says how long a cycle is."""


class CudaTimer:
    """Events of CUDA around a batch; work that outlives the last of them, or ran on other streams, is counted too."""

    clock = "cuda_events"

    def __init__(
        self,
        cuda: Any = None,
        *,
        elsewhere: Callable[[], int] = lambda: 0,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`cuda` is `torch.cuda`; `elsewhere()` counts launches so far on streams that are not the caller's."""
        if cuda is None:
            import torch

            cuda = torch.cuda
        self.cuda = cuda
        self.elsewhere = elsewhere
        self.now = now
        self.host = FIRST_HOST
        """Host seconds per call, as far as is known."""
        self.leaks = 0
        """Leaks of the longest gate, one after the other."""
        self.astray = False
        """Whether work was seen on other streams: no gate holds that back."""
        self._rate = 0.0

    @property
    def host_bound(self) -> bool:
        """Whether no gate is long enough: the calls wait for the device, or the host is slower than the device."""
        return self.leaks >= MOST_LEAKS

    def synchronise(self) -> None:
        """Wait until all streams are done; raises what went wrong on the device."""
        self.cuda.synchronize()

    def batch(self, call: Callable[[int], object], first: int, count: int, *, gated: bool) -> Batch:
        """Time the calls; the device is idle before and afterwards."""
        with _uncollected():
            self.synchronise()
            if self.astray or not gated:
                return self._by_the_host(call, first, count)
            return self._by_events(call, first, count)

    def _by_the_host(self, call: Callable[[int], object], first: int, count: int) -> Batch:
        """Time from an idle device to an idle device."""
        before = self.elsewhere()
        started = self.now()
        for index in range(first, first + count):
            call(index)
        self.synchronise()
        seconds = self.now() - started
        self.astray = self.astray or self.elsewhere() > before
        return Batch(seconds, seconds, leaked=True)

    def _by_events(self, call: Callable[[int], object], first: int, count: int) -> Batch:
        gate = 0.0 if self.host_bound else min(MOST_GATE, max(LEAST_GATE, MARGIN * self.host * count))
        start, end = (self.cuda.Event(enable_timing=True) for _ in range(2))
        before = self.elsewhere()
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
        if self.elsewhere() > before:
            # The gate held back none of that: from here on, only the time between two idle devices is believed.
            self.astray = True
            return Batch(over - opened, over - opened, leaked=True)
        self._learn(gate, (queued - began) / count, leaked)
        late = over - done
        seconds = float(start.elapsed_time(end)) / 1e3 + (late if late > LATE else 0.0)
        return Batch(seconds, over - began, leaked=leaked or not gate)

    def _learn(self, gate: float, host: float, leaked: bool) -> None:
        """Choose the next gate by how this one has done."""
        if not leaked:
            self.leaks = 0
            self.host = max(host, 0.9 * self.host)
            return
        self.leaks += gate >= MOST_GATE
        self.host = max(host, 2 * self.host)

    def _cycles_per_second(self) -> float:
        """Return the clock that `torch.cuda._sleep` counts by, measured once."""
        if not self._rate:
            start, end = (self.cuda.Event(enable_timing=True) for _ in range(2))
            for _ in range(2):  # the first one loads the kernel
                start.record()
                self.cuda._sleep(PROBE_CYCLES)
                end.record()
                end.synchronize()
            self._rate = PROBE_CYCLES / (float(start.elapsed_time(end)) / 1e3)
        return self._rate


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from working."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
