"""The lock of a device: one process times on it alone, or any number use it beside each other.

It is shared by all sessions of the same user. All get it in the order in which they ask: whoever comes after a process
that waits to be alone waits, too, so that nobody starves. Threads exclude each other as processes do.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from pytest_kernelbench.gpus.queue import INTERVAL, in_turn, locked, nobody_waits, opened
from pytest_kernelbench.model.cache import folder

TIMEOUT_SILENT = 2.0
"""Seconds of waiting that are not reported: workers that share a GPU wait for each other all the time."""


class GpuLock:
    """The lock of one device, as `model.turns.Turns`."""

    def __init__(self, key: str | None, say: Callable[[str], None] = print) -> None:
        """`key` is the UUID of a GPU, or None for the CPU of this machine.

        `say` gets a message for the user at the first long wait, or where locking is impossible.
        """
        self.path = folder("locks") / f"{key or f'cpu-{platform.node()}'}.lock"
        self.say = say
        self._queue = self.path.with_suffix(".queue")
        self._has_told = False
        self._here = threading.local()

    def is_held(self) -> bool:
        """Whether another process uses the device now; False also where locking is impossible."""
        try:
            with opened(self.path, create=False) as descriptor:
                return not locked(descriptor, fcntl.LOCK_EX)
        except OSError:
            return False

    def alone(self) -> AbstractContextManager[None]:
        """Return a context in which nobody else holds the lock.

        The operating system releases the lock (flock) when its holder ends in any way, so a file that is left behind is
        harmless.
        """
        return self._hold(fcntl.LOCK_EX)

    def beside(self) -> AbstractContextManager[None]:
        """Return a context in which nobody is alone on the device; nothing in a thread that holds the lock already."""
        if getattr(self._here, "holds", False):
            return contextlib.nullcontext()
        return self._hold(fcntl.LOCK_SH)

    @contextlib.contextmanager
    def _hold(self, operation: int) -> Iterator[None]:
        started = time.monotonic()

        def waits() -> None:
            if time.monotonic() - started > TIMEOUT_SILENT:
                self._tell(f"another process is using this device; waiting for {self.path}")

        with contextlib.ExitStack() as held:
            try:
                os.makedirs(self.path.parent, mode=0o700, exist_ok=True)
                self._lock(held.enter_context(opened(self.path)), operation, waits)
            except OSError as error:
                self._tell(f"cannot lock this device, so other processes may use it meanwhile: {error}")
            self._here.holds = True
            held.callback(setattr, self._here, "holds", False)
            yield

    def _lock(self, descriptor: int, operation: int, waits: Callable[[], None]) -> None:
        """Lock the open file at once where nobody waits, or else in turn.

        A process that has looked at the queue before another one took its place there may still get the lock first, but
        then not again: it finds that place at its next look.
        """
        if nobody_waits(self._queue) and locked(descriptor, operation):
            return
        with in_turn(self._queue, waits):
            while not locked(descriptor, operation):
                waits()
                time.sleep(INTERVAL)

    def _tell(self, text: str) -> None:
        """Report the first problem only."""
        if not self._has_told:
            self._has_told = True
            self.say(f"kernelbench: {text}")
