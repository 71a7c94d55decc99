"""Where the seconds of a benchmark go, by part."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator


class Stopwatch:
    """Sums up elapsed seconds by the name of a part; time within an inner part does not count for the outer one."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self.seconds: dict[str, float] = {}
        """Seconds by part, in the order in which the parts began first."""
        self._now = now
        self._since = now()
        self._parts = ["other"]

    def begin(self) -> None:
        """Forget what was counted."""
        self.seconds.clear()
        self._since = self._now()

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the time within this context for a part."""
        self.seconds.setdefault(name, 0.0)
        self._note()
        self._parts.append(name)
        try:
            yield
        finally:
            self._note()
            self._parts.pop()

    def rounded(self) -> dict[str, float]:
        """Return the seconds so far."""
        self._note()
        return {name: round(seconds, 3) for name, seconds in self.seconds.items()}

    def _note(self) -> None:
        now = self._now()
        part = self._parts[-1]
        self.seconds[part] = self.seconds.get(part, 0.0) + now - self._since
        self._since = now
