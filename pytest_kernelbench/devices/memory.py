"""Watch the memory of interpreted launches: addresses at once, races when a launch ends."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pytest_kernelbench.devices import races
from pytest_kernelbench.devices.accesses import ATOMIC, READ, WRITE, Access, Region, place_of, program_name, shown
from pytest_kernelbench.devices.addresses import Memory
from pytest_kernelbench.devices.instruments import Instruments

MAX_LANES = 1 << 22
"""Lanes of one launch whose accesses are kept to look for races; later ones are only checked for their address."""


@dataclass(slots=True)
class Launch:
    """A launch that is running."""

    kernel: str
    """Name of the kernel function."""
    memory: Memory
    """What the launch may access."""
    warps: int | None
    """Warps of a program, where the launch says so."""
    time: int = 0
    """Accesses so far."""
    phase: int = 0
    """Barriers so far, and whatever else makes the threads of a program wait for each other."""
    lanes: int = 0
    """Lanes of the accesses that were kept."""
    synchronising: list[Access] = field(default_factory=list)
    """Atomic operations that acquire or release."""
    strayed: bool = False
    """Whether an access outside of all tensors was reported."""


class Watch:
    """The state of the hooks: the launch that is running, and how the next access to memory counts."""

    def __init__(self, interpreter: Any, instruments: Instruments) -> None:
        self.interpreter = interpreter
        self.instruments = instruments
        self.launch: Launch | None = None
        self.ordering: Any = None
        """Memory semantics of the atomic load or store that is being made."""
        self.volatile = False
        """Whether the load that is being made is volatile."""
        self.alone = False
        """Whether the atomic operation that is being made is atomic only within its program."""

    @contextmanager
    def launched(self, kernel: str, arguments: Mapping[str, Any], warps: int | None) -> Iterator[None]:
        """Watch one launch, and look for races at its end."""
        launch = self.launch = Launch(kernel, Memory(arguments), warps)
        try:
            yield
        finally:
            self.launch = None
        any_may_win = self.instruments.conditions.any_may_win
        every = races.found(launch.memory.regions, launch.synchronising, launch.warps, any_may_win)
        for text in itertools.islice(every, 1):
            self.instruments.violate(f"race in {kernel}: {text}")

    def access(self, kind: str, pointers: Any, mask: Any, itemsize: int, semantics: Any = None) -> tuple[Any, Any]:
        """Check an access and keep it; return it, or None, and the lanes that can be accessed."""
        launch = self.launch
        if launch is None or pointers.size == 0:
            return None, mask
        full = bool(mask.all())
        lanes = pointers if full else pointers[mask]
        if lanes.size == 0:
            return None, mask
        low, high = int(lanes.min()), int(lanes.max()) + itemsize
        region = launch.memory.holding(low, high)
        seen = self._seen(launch, kind, pointers, None if full else mask, itemsize, semantics)
        if region is None:
            return seen, self._scattered(launch, seen, mask)
        self._keep(launch, region, seen)
        return seen, mask

    def _keep(self, launch: Launch, region: Region, seen: Access) -> None:
        """Keep an access for the search for races, unless it was volatile: so are flags read that may change."""
        if not self.volatile and launch.lanes < MAX_LANES:
            launch.lanes += seen.pointers.size
            region.accesses.append(seen)

    def _seen(self, launch: Launch, kind: str, pointers: Any, mask: Any, itemsize: int, semantics: Any) -> Access:
        launch.time += 1
        program = self.interpreter.interpreter_builder.grid_idx
        seen = Access(kind, program, launch.time, launch.phase, pointers, mask, itemsize, place_of(sys._getframe(3)))
        if kind == ATOMIC:
            name = str(semantics)
            seen.acquires, seen.releases = "ACQUIRE" in name, "RELEASE" in name
            if seen.acquires or seen.releases:
                launch.synchronising.append(seen)
            launch.phase += 1
        return seen

    def _scattered(self, launch: Launch, seen: Access, mask: Any) -> Any:
        """Distribute an access over several tensors, and report the lanes that are in none."""
        pointers = seen.pointers
        parts, strays = launch.memory.split(pointers, mask.astype(bool).reshape(pointers.shape), seen.itemsize)
        for region, inside in parts:
            part = Access(seen.kind, seen.program, seen.time, seen.phase, pointers, inside, seen.itemsize, seen.place)
            self._keep(launch, region, part)
        if not strays.any():
            return mask
        if not launch.strayed:
            launch.strayed = True
            self._report_stray(launch, seen, strays)
        return mask & (~strays | launch.memory.harmless(seen.kind, pointers, strays))

    def _report_stray(self, launch: Launch, seen: Access, strays: Any) -> None:
        first = int(seen.pointers[strays].min())
        self.instruments.violate(
            f"{launch.kernel} {seen.kind} memory that belongs to no tensor: {int(strays.sum())} of {strays.size} lanes "
            f"of {program_name(seen.program)}, the first one {launch.memory.nearest(first)}, in {shown(seen.place)}"
        )


def install(instruments: Instruments) -> None:
    """Patch Triton's interpreter until this process ends."""
    from triton.runtime import interpreter

    watch = Watch(interpreter, instruments)
    _patch_native(interpreter._interpreter, watch)
    _patch_builder(type(interpreter.interpreter_builder), interpreter, watch)
    _patch_launch(interpreter, watch)


def _patch_native(native: Any, watch: Watch) -> None:
    """Pass every access to memory through the watch: all operations of the language end in these four functions."""
    load, store, rmw, cas = native.load, native.store, native.atomic_rmw, native.atomic_cas

    def loaded(pointers: Any, mask: Any, other: Any, dtype: Any) -> Any:
        if watch.volatile or watch.ordering is not None:
            return load(pointers, watch.access(ATOMIC, pointers, mask, dtype.itemsize, watch.ordering)[1], other, dtype)
        seen, allowed = watch.access(READ, pointers, mask, dtype.itemsize)
        result = load(pointers, allowed, other, dtype)
        if seen is not None:
            seen.values = result
        return result

    def stored(pointers: Any, values: Any, mask: Any) -> Any:
        kind = WRITE if watch.ordering is None else ATOMIC
        seen, allowed = watch.access(kind, pointers, mask, values.dtype.itemsize, watch.ordering)
        if seen is not None:
            seen.values = values
        return store(pointers, values, allowed)

    def updated(operation: Any, pointers: Any, values: Any, mask: Any, semantics: Any) -> Any:
        kind = WRITE if watch.alone else ATOMIC
        _, allowed = watch.access(kind, pointers, mask, values.dtype.itemsize, semantics)
        return rmw(operation, pointers, values, allowed, semantics)

    def swapped(pointers: Any, expected: Any, values: Any, semantics: Any) -> Any:
        import numpy as np

        kind = WRITE if watch.alone else ATOMIC
        _, allowed = watch.access(kind, pointers, np.ones(pointers.shape, bool), values.dtype.itemsize, semantics)
        return cas(pointers, expected, values, semantics) if allowed.all() else expected.copy()

    native.load, native.store, native.atomic_rmw, native.atomic_cas = loaded, stored, updated, swapped


def _patch_builder(builder: Any, interpreter: Any, watch: Watch) -> None:
    """Note what the native functions are not told, and the operations that make threads wait for each other."""
    block = interpreter._ir.MEM_SYNC_SCOPE.CTA

    def during(name: str, attribute: str, value: Callable[[tuple[Any, ...]], Any]) -> None:
        original = getattr(builder, name, None)
        if original is None:  # this version of Triton has no such operation
            return

        def noted(self: Any, *args: Any) -> Any:
            before = getattr(watch, attribute)
            setattr(watch, attribute, value(args))
            try:
                return original(self, *args)
            finally:
                setattr(watch, attribute, before)

        setattr(builder, name, noted)

    for name in ("create_load", "create_masked_load"):
        during(name, "volatile", lambda args: bool(args[-1]) or watch.volatile)
    for name in ("create_atomic_load", "create_atomic_store"):
        during(name, "ordering", lambda args: args[-2])
    during("create_atomic_poll", "ordering", lambda args: args[-2])
    for name in ("create_atomic_rmw", "create_atomic_cas"):
        during(name, "alone", lambda args: args[-1] == block)

    def waiting(owner: Any, name: str) -> None:
        original = getattr(owner, name, None)
        if original is None:
            return

        def waited(*args: Any, **kwargs: Any) -> Any:
            if watch.launch is not None:
                watch.launch.phase += 1
            return original(*args, **kwargs)

        setattr(owner, name, waited)

    # Data that goes from thread to thread goes through shared memory, which compilers put barriers around.
    for name in ("create_barrier", "create_dot", "create_dot_scaled", "create_trans", "create_gather"):
        waiting(builder, name)
    waiting(builder, "create_histogram")
    waiting(interpreter.ReduceScanOpInterface, "apply")


def _patch_launch(interpreter: Any, watch: Watch) -> None:
    """Tell the watch when a launch begins and ends."""
    launch = interpreter.GridExecutor.__call__

    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        named = {**dict(zip(self.arg_names, args, strict=False)), **kwargs}
        warps = kwargs.get("num_warps")
        with watch.launched(str(getattr(self.fn, "__name__", "kernel")), named, warps):
            return launch(self, *args, **kwargs)

    interpreter.GridExecutor.__call__ = watched
