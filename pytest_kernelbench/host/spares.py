"""A spare runner: it enters the device, which takes seconds on a GPU, while the kernel before is judged.

A spare has no kernel and takes one only, like any runner. It is thrown away if it is not used in time.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.wire.device_names import on_gpu

LIFETIME = 300.0
"""Seconds after which a spare is not used any more: it holds memory of the device."""


class Spares:
    """At most one spare runner; thread-safe."""

    def __init__(
        self, worth: Callable[[str], bool] = on_gpu, start: Callable[[RunnerSettings], Runner] = Runner
    ) -> None:
        """`worth` says for which devices a spare is kept; tests replace `start`."""
        self._worth = worth
        self._start = start
        self._lock = threading.Lock()
        self._spare: Runner | None = None
        self._since = 0.0
        self._owner = os.getpid()

    def take(self, settings: RunnerSettings) -> Runner:
        """Return the spare if it fits, or a new runner."""
        spare = self._remove()
        if spare is not None and spare.settings == settings and spare.alive and self._age() < LIFETIME:
            return spare
        if spare is not None:
            spare.close()
        return self._start(settings)

    def prepare(self, settings: RunnerSettings) -> None:
        """Start a spare for the next kernel, unless there is one."""
        if not self._worth(settings.device):
            return
        with self._lock:
            self._disown()
            if self._spare is None:
                self._spare, self._since = self._start(settings), time.monotonic()

    def close(self) -> None:
        """End the spare."""
        if (spare := self._remove()) is not None:
            spare.close()

    def _remove(self) -> Runner | None:
        with self._lock:
            self._disown()
            spare, self._spare = self._spare, None
            return spare

    def _disown(self) -> None:
        """Forget the spare of the process that this one was forked from."""
        if self._owner != os.getpid():
            self._owner, self._spare = os.getpid(), None

    def _age(self) -> float:
        return time.monotonic() - self._since
