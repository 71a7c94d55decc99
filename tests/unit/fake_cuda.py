"""A simulated GPU with a clock of its own, as far as `torch.cuda` shows one: streams, events, sleeping, waiting."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

HERTZ = 2e9
LAUNCH = 4e-6
"""Seconds of the host for one launch, and for one wait."""


@dataclass
class FakeCuda:
    """Host and device time in seconds; work is queued on streams and runs in order on each."""

    now: float = 0.0
    ends: dict[int, float] = field(default_factory=lambda: {0: 0.0})
    """When each stream will be idle."""
    launches_elsewhere: int = 0

    def clock(self) -> float:
        """Return the host's time."""
        return self.now

    def launch(self, seconds: float, stream: int = 0, host: float = LAUNCH) -> None:
        """Queue a kernel that takes `seconds`."""
        self.now += host
        self.ends[stream] = max(self.ends.get(stream, 0.0), self.now) + seconds
        self.launches_elsewhere += stream != 0

    def synchronize(self) -> None:
        """Wait for all streams."""
        self.now = max([self.now, *self.ends.values()]) + LAUNCH

    def _sleep(self, cycles: int) -> None:
        self.launch(cycles / HERTZ)

    def Event(self, enable_timing: bool) -> Any:
        """Make an event."""
        return _Event(self)


@dataclass
class _Event:
    cuda: FakeCuda
    at: float = 0.0

    def record(self) -> None:
        self.at = max(self.cuda.ends[0], self.cuda.now)

    def query(self) -> bool:
        return self.at <= self.cuda.now

    def synchronize(self) -> None:
        self.cuda.now = max(self.cuda.now, self.at) + LAUNCH

    def elapsed_time(self, end: _Event) -> float:
        return 1e3 * (end.at - self.at)
