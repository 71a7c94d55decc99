"""Time batches of calls on input sets that stay in memory, and keep the last result for the judge to check."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import math
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import torch

from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.case_codec import decode
from pytest_kernelbench.runner.editing import Editor
from pytest_kernelbench.runner.results import contents, copied, described, held
from pytest_kernelbench.wire.calling_conventions import bind
from pytest_kernelbench.wire.checksums import checksums
from pytest_kernelbench.wire.materialize import Arguments, GuardedTensor, materialize, onednn_where_sound, refill
from pytest_kernelbench.wire.protocol import MAX_TEXT

OPERATIONS = ("prepare", "batch", "rewrite", "hold", "last")
"""Requests that a workbench responds to."""


MAX_GAP = 2 << 20
"""Bytes below which the gap before an input set on the CPU is drawn.

The addresses of inputs and results alone make calls up to 4 % slower or faster, and processes that come from one fork
server have the same ones. With gaps they differ between sets, which averages out, and between processes, which shows in
the interval.
"""


class Batch(NamedTuple):
    """The times of one batch, each of all its calls together."""

    seconds: float
    """Device time."""
    host_seconds: float
    """Wall-clock time from before the first call until the device is done, launches and waiting included."""
    leaked: bool = False
    """Whether `seconds` includes host time, because the host was slower than the device."""


class Timer(Protocol):
    """Times batches of calls on one device."""

    clock: str
    """What `Batch.seconds` is measured by, in words."""

    def batch(self, call: Callable[[int], object], first: int, count: int, *, gated: bool) -> Batch:
        """Time `count` calls: `call(first)`, `call(first + 1)` and so on.

        With `gated`, a device with its own clock starts only when the host has queued all calls, so that `seconds` is
        device time alone. Without, the calls run as a caller makes them, and `host_seconds` is what the caller waits.
        """
        ...

    def synchronise(self) -> None:
        """Wait for all work that was launched."""
        ...


class HostTimer:
    """The timer of the CPU, where a call is done when it returns.

    Device time is the CPU time of all threads of the runner, which other processes on the machine do not affect.
    """

    clock = "processor time of the runner, all threads"

    def batch(self, call: Callable[[int], object], first: int, count: int, *, gated: bool) -> Batch:
        """Time the calls; `gated` makes no difference."""
        with garbage_collector_paused():
            indices = range(first, first + count)
            host, device = time.perf_counter(), time.process_time()
            for index in indices:
                call(index)
            return Batch(time.process_time() - device, time.perf_counter() - host)

    def synchronise(self) -> None:
        """Do nothing: calls are done when they return."""


@contextlib.contextmanager
def garbage_collector_paused() -> Iterator[None]:
    """Disable the garbage collector meanwhile, unless it is disabled already."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _keep_memory() -> None:
    """Make the C library keep freed memory and use it again, instead of returning it to the system.

    Otherwise it depends on what lies where in the heap whether a call gets memory that it has to itself already, or a
    page fault for every 4 KiB: the same calls took up to seven times as long in some processes as in others.
    `host.fork_servers` has blocks merged, so that the next one of the same size fits where one was freed.
    """
    # mallopt(3): M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX (large blocks are not mapped one by one), M_MXFAST.
    with contextlib.suppress(AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in ((-1, (1 << 31) - 1), (-2, 64 << 20), (-4, 0), (1, 0)):
            mallopt(parameter, value)


class Workbench:
    """The input sets of one workload, and the entry point bound to each of them."""

    def __init__(self, timer: Timer, tensor_device: str | None = None) -> None:
        """`tensor_device` is where the input sets are copied to; None leaves them on the CPU."""
        self.timer = timer
        self.tensor_device = tensor_device
        self.sets: list[Arguments] = []
        self.fresh: list[list[torch.Tensor]] = []
        """The original contents of each set, where calls write into their inputs."""
        self.editors: list[Editor] = []
        """What changes the contents of each set between two uses."""
        self.calls: list[Callable[[], Any]] = []
        """A call on each set."""
        self._gaps: list[bytearray] = []
        """Memory on the CPU before each set."""
        self.case: Case | None = None
        """The first case; all have the same shapes, dtypes and layouts."""
        self._last: tuple[int, Any] = (0, None)
        self._held: tuple[dict[str, Any], list[bytes] | list[torch.Tensor]] | None = None
        """The result of the last batch as it was held."""

    def respond(self, request: Mapping[str, Any], entry: Any) -> tuple[dict[str, Any], list[bytes]]:
        """Respond to one of `OPERATIONS`."""
        match request["op"]:
            case "prepare":
                return self.prepare(request, entry), []
            case "batch":
                return self.batch(request), []
            case "rewrite":
                return self.rewrite(request), []
            case "hold":
                return self.hold(request["max_bytes"], to_host=request["to_host"]), []
        return self.last(request["max_bytes"])

    def prepare(self, request: Mapping[str, Any], entry: Any) -> dict[str, Any]:
        """Make the input sets and call the entry point on two of them; return the header of the response.

        The first call compiles and autotunes; `seconds` is the time of the second one. `inputs` has the checksums of
        the first input set.
        """
        if self.tensor_device is None:
            _keep_memory()
        self.sets, self.calls, self.fresh, self._gaps = [], [], [], []
        cases = [decode(each) for each in request["cases"]]
        self.case = cases[0]
        try:
            self._make_inputs(cases, written=request["written"])
        except torch.OutOfMemoryError as error:  # other processes use the GPU, too; the kernel was not called
            return {"status": "error", "message": f"no memory of the GPU is left for the inputs: {error}"[:MAX_TEXT]}
        parameters = [(name, kind) for name, kind in request["parameters"]]
        self.calls = [bind(request["convention"], entry, parameters, each.values) for each in self.sets]
        torch.set_num_threads(request["threads"])
        inputs = checksums(self.sets[0].values)
        for index in range(2):
            timed = self._timed(index, 1, edit=0, gated=False)
        return {"status": "ok", "clock": self.timer.clock, "seconds": timed.seconds, "inputs": inputs}

    def _make_inputs(self, cases: Sequence[Case], *, written: bool) -> None:
        # Judged by a process on the same device, which draws the same inputs there.
        for case in cases:
            if self.tensor_device is None:
                self._gaps.append(bytearray(secrets.randbelow(MAX_GAP)))
            self.sets.append(materialize(case, self.tensor_device, self.tensor_device))
        self.editors = [Editor(each) for each in self.sets]
        if written:
            self.fresh = [_copies(each) for each in self.sets]

    def batch(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Time a batch of calls and return the header of the response.

        `edit` is the number of the edit that the first call finds in its input set; each further call finds the next.
        With 0, all sets have their original contents. `untimed` is the time that this takes, which is not part of the
        other times: elapsed, and of the processor.
        """
        self._held = None
        torch.set_num_threads(request["threads"])
        elapsed, processor = time.perf_counter(), time.process_time()
        timed = self._timed(request["first"], request["count"], edit=request["edit"], gated=request["gated"])
        elapsed, processor = time.perf_counter() - elapsed, time.process_time() - processor
        others = (max(0.0, elapsed - timed.host_seconds), max(0.0, processor - timed.seconds))
        return {"status": "ok", **timed._asdict(), "untimed": others}

    def _timed(self, first: int, count: int, *, edit: int, gated: bool) -> Batch:
        """Time calls in rounds, in each of which every input set is used once at most, and edited before that."""
        rounds = []
        for start in range(first, first + count, len(self.sets)):
            size = min(len(self.sets), first + count - start)
            with self._ready(start, size, edit and edit + start - first):
                rounds.append(self.timer.batch(self._call, start, size, gated=gated))
        if len(rounds) == 1:
            return rounds[0]
        return Batch(
            math.fsum(each.seconds for each in rounds),
            math.fsum(each.host_seconds for each in rounds),
            any(each.leaked for each in rounds),
        )

    def rewrite(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Overwrite an input set with the contents of another case and return the header of the response."""
        index = request["index"] % len(self.sets)
        refill(self.sets[index], decode(request["case"]))
        self.editors[index].forget()
        if self.fresh:
            self.fresh[index] = _copies(self.sets[index])
        return {"status": "ok", "inputs": checksums(self.sets[index].values)}

    def hold(self, max_bytes: int, *, to_host: bool) -> dict[str, Any]:
        """Copy the result of the last call and its arguments, as they are now, for `last`.

        Whatever the kernel has left running then changes nothing of the response, however late the judge asks for it.
        The copies are on the device, which takes next to no time, until they are held `to_host`, or where the device
        has no memory left for them.
        """
        if self._held is None and not to_host:
            with contextlib.suppress(torch.OutOfMemoryError):
                self._held = held(*self._latest(), max_bytes, copied, GuardedTensor.copied)
                self.timer.synchronise()
                return {"status": "ok"}
        self._held = self.last(max_bytes)
        return {"status": "ok"}

    def last(self, max_bytes: int) -> tuple[dict[str, Any], list[bytes]]:
        """Return header and parts of the response about the last call of the last batch, as it was held, or is now."""
        if self._held is None:
            return described(*self._latest(), max_bytes)
        (header, parts), self._held = self._held, None
        return header, [part if isinstance(part, bytes) else contents(part) for part in parts]

    def _latest(self) -> tuple[Any, Arguments]:
        """Return the result of the last call, and the current state of its arguments."""
        index, result = self._last
        return result, self.sets[index % len(self.sets)]

    def _call(self, index: int) -> None:
        # The result is kept until the next call: a call cannot know whether its result will be checked.
        self._last = index, self.calls[index % len(self.calls)]()

    @contextlib.contextmanager
    def _ready(self, first: int, count: int, edit: int) -> Iterator[None]:
        """Restore and edit the contents of the sets that the next calls use, without changing version counters."""
        assert self.case is not None
        for index in range(first, first + count):
            number = index % len(self.sets)
            if self.fresh:
                for guarded, contents in zip(self.sets[number].tensors, self.fresh[number], strict=True):
                    guarded.memory.copy_(contents)
                self.editors[number].forget()
            self.editors[number].edit(edit and edit + index - first)
        with onednn_where_sound(self.case):
            yield


def _copies(arguments: Arguments) -> list[torch.Tensor]:
    return [guarded.memory.clone() for guarded in arguments.tensors]
