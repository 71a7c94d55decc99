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
        """Hold the device alone for a while; `say` tells the user of the first wait, or that nothing can be held.

        The lock is the kernel's (flock), so it ends with its holder, however that ends: a file left behind is harmless.
        """
        from filelock import FileLock, Timeout

        with contextlib.ExitStack() as held:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                lock = FileLock(self.path)
                try:
                    held.enter_context(lock.acquire(timeout=PATIENCE))
                except Timeout:
                    self._once(say, f"something else is timing on this device; waiting for {self.path}")
                    held.enter_context(lock.acquire())
            except OSError as error:
                self._once(say, f"nothing keeps others from timing on this device at the same time: {error}")
            yield

    def _once(self, say: Callable[[str], None], text: str) -> None:
        if not self._said:
            self._said = True
            say(f"kernelbench: {text}")


def folder() -> Path:
    """Return where the locks of this user lie."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pytest-kernelbench" / "turns"
