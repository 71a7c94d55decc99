"""The runner's side of timing: input sets that stay, batches of calls on them, and what a call really returns."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import torch

from pytest_kernelbench.model.case import Case, decode
from pytest_kernelbench.runner.drivers import bind
from pytest_kernelbench.runner.materialize import Arguments, materialize, onednn_where_sound, refill

OPERATIONS = ("prepare", "batch", "rewrite", "last")
"""Requests that are answered here."""


class Batch(NamedTuple):
    """What one batch of calls took; seconds of all calls together."""

    seconds: float
    """On the device."""
    host_seconds: float
    """By the caller's clock, from the first call to the end of the last: launch and wait included."""
    leaked: bool = False
    """Whether host time is in `seconds`: the host was slower than the device's gate."""


class Timer(Protocol):
    """Times batches of calls on one device."""

    clock: str
    """What `seconds` are measured by, for the record."""

    def batch(self, call: Callable[[int], object], first: int, count: int, *, gated: bool) -> Batch:
        """Time `call(first)`, `call(first + 1)`, ... `count` times.

        With `gated`, the host works ahead of the device where that has a clock of its own, and `seconds` are the
        device's alone; without, `host_seconds` are what a caller waits.
        """
        ...

    def synchronise(self) -> None:
        """Wait until all that was launched is done."""
        ...


class HostTimer:
    """The processor's: a call is over when it returns.

    `seconds` are processor time of all threads together, which other processes of the machine cannot stretch.
    """

    clock = "processor time of the runner, all threads"

    def batch(self, call: Callable[[int], object], first: int, count: int, *, gated: bool) -> Batch:
        """Time the calls; the garbage collector waits."""
        collecting = gc.isenabled()
        gc.disable()
        try:
            indices = range(first, first + count)
            host, device = time.perf_counter(), time.process_time()
            for index in indices:
                call(index)
            return Batch(time.process_time() - device, time.perf_counter() - host)
        finally:
            if collecting:
                gc.enable()

    def synchronise(self) -> None:
        """Nothing is ever on its way."""


def _keep_memory() -> None:
    """Have the C library keep what is freed.

    Otherwise it returns memory to the system, or not, by what happens to lie at the end of the heap: the same calls
    then take some times as long in one process as in another, for clearing pages.
    """
    # mallopt(3): M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD; 32 MiB is the most that the last one takes.
    with contextlib.suppress(AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in ((-1, (1 << 31) - 1), (-2, 64 << 20), (-3, 32 << 20)):
            mallopt(parameter, value)


class Workbench:
    """The input sets of one workload, and the entry point bound to each of them."""

    def __init__(self, timer: Timer, home: str | None = None) -> None:
        self.timer = timer
        self.home = home
        self.sets: list[Arguments] = []
        self.fresh: list[list[torch.Tensor]] = []
        """Contents of each set, where calls write into it."""
        self.calls: list[Callable[[], Any]] = []
        self.case: Case | None = None
        self._last: tuple[int, Any] = (0, None)

    def prepare(self, request: Mapping[str, Any], entry: Any) -> dict[str, Any]:
        """Make the input sets and call the entry point on two of them: compiling and tuning happen in the first call.

        The answer has the seconds of the second.
        """
        _keep_memory()
        self.sets, self.calls, self.fresh = [], [], []
        cases = [decode(each) for each in request["cases"]]
        self.case = cases[0]
        self.sets = [materialize(case, self.home) for case in cases]
        if request["written"]:
            self.fresh = [[made.memory.clone() for made in each.made] for each in self.sets]
        parameters = [(name, kind) for name, kind in request["parameters"]]
        self.calls = [bind(request["driver"], entry, parameters, each.values) for each in self.sets]
        torch.set_num_threads(request["threads"])
        for index in range(2):
            with self._ready(index, 1):
                timed = self.timer.batch(self._call, index, 1, gated=False)
        return {"status": "ok", "clock": self.timer.clock, "seconds": timed.seconds}

    def batch(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Time a batch of calls."""
        first, count = request["first"], request["count"]
        torch.set_num_threads(request["threads"])
        with self._ready(first, count):
            timed = self.timer.batch(self._call, first, count, gated=request["gated"])
        return {"status": "ok", **timed._asdict()}

    def rewrite(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Write the contents of another case into the memory of a set, unseen by version counters."""
        index = request["index"] % len(self.sets)
        refill(self.sets[index], decode(request["case"]))
        if self.fresh:
            self.fresh[index] = [made.memory.clone() for made in self.sets[index].made]
        return {"status": "ok"}

    def last(self) -> tuple[Any, Arguments]:
        """Return what the last call of the last batch returned, and its arguments as they are now."""
        index, result = self._last
        return result, self.sets[index % len(self.sets)]

    def _call(self, index: int) -> None:
        # Kept until the next call: any result of a batch can be asked for, and no call can know which will be.
        self._last = index, self.calls[index % len(self.calls)]()

    @contextlib.contextmanager
    def _ready(self, first: int, count: int) -> Any:
        """Restore what calls have written into the sets that are next, unseen by version counters."""
        assert self.case is not None
        for index in range(first, first + count) if self.fresh else ():
            here = index % len(self.sets)
            for made, contents in zip(self.sets[here].made, self.fresh[here], strict=True):
                made.memory.copy_(contents)
        with onednn_where_sound(self.case):
            yield
