"""A lock for timing: one process at a time times on a device, among all sessions of the same user."""

from __future__ import annotations

import contextlib
import platform
import time
from collections.abc import Callable, Iterator

from pytest_kernelbench.gpus.queue import in_turn
from pytest_kernelbench.model.cache import folder

TIMEOUT_SILENT = 2.0
"""Seconds of waiting that are not reported: workers that share a GPU wait for each other all the time."""


class GpuLock:
    """The lock of one device."""

    def __init__(self, key: str | None) -> None:
        """`key` is the UUID of a GPU, or None for the CPU of this machine."""
        self.path = folder("locks") / f"{key or f'cpu-{platform.node()}'}.lock"
        self._has_told = False

    def is_held(self) -> bool:
        """Whether another process times on the device now; False also where locking is impossible."""
        from filelock import FileLock, Timeout

        if not self.path.exists():
            return False
        try:
            with FileLock(self.path).acquire(timeout=0):
                return False
        except Timeout:
            return True
        except OSError:
            return False

    @contextlib.contextmanager
    def hold(self, say: Callable[[str], None]) -> Iterator[None]:
        """Hold the lock, in the order in which processes ask for it.

        `say` gets a message for the user at the first long wait, or where locking is impossible.

        The operating system releases the lock (flock) when its holder ends in any way, so a file that is left behind is
        harmless.
        """
        from filelock import FileLock

        started = time.monotonic()

        def waits() -> None:
            if time.monotonic() - started > TIMEOUT_SILENT:
                self._tell(say, f"another process is timing on this device; waiting for {self.path}")

        with contextlib.ExitStack() as held:
            try:
                held.enter_context(in_turn(self.path.with_suffix(".queue"), waits))
                held.enter_context(FileLock(self.path))
            except OSError as error:
                self._tell(say, f"cannot lock this device, so other processes may time on it meanwhile: {error}")
            yield

    def _tell(self, say: Callable[[str], None], text: str) -> None:
        """Report the first problem only."""
        if not self._has_told:
            self._has_told = True
            say(f"kernelbench: {text}")
