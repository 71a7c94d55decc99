"""Turns at a device: whatever times on it does so alone, in this session and in others of the same user."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Callable, Iterator
from pathlib import Path

PATIENCE = 2.0
"""Seconds of waiting that go without saying: workers that share a GPU wait for each other all the time."""


class Turns:
    """Gives out turns at one device, one after the other."""

    def __init__(self, key: str | None) -> None:
        """`key` is the UUID of a GPU, or None for the processor of this machine."""
        self.path = folder() / f"{key or f'cpu-{platform.node()}'}.lock"
        self._said = False

    @contextlib.contextmanager
    def turn(self, say: Callable[[str], None]) -> Iterator[None]:
        """Hold the device alone for a while; `say` tells the user of the first wait.

        The lock is the kernel's (flock), so it ends with its holder, however that ends: a file left behind is harmless.
        """
        from filelock import FileLock, Timeout

        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(self.path)
        try:
            lock.acquire(timeout=PATIENCE)
        except Timeout:
            if not self._said:
                self._said = True
                say(f"kernelbench: something else is timing on this device; waiting for {self.path}")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()


def folder() -> Path:
    """Return where the locks of this user lie."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pytest-kernelbench" / "turns"
