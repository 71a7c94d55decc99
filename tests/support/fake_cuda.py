"""A simulated GPU behind the interface of `torch.cuda`: streams, events, sleeping, waiting, and simulated time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

HERTZ = 2e9
"""Clock rate of the device."""

LAUNCH = 4e-6
"""Host seconds for one launch, and for one wait."""


@dataclass
class FakeCuda:
    """A simulated GPU with its host: work is queued on streams and runs in order on each; times are in seconds."""

    now: float = 0.0
    """The host's time."""
    ends: dict[int, float] = field(default_factory=lambda: {0: 0.0})
    """The time at which each stream will be idle."""
    off_stream_launches: int = 0
    """Launches on streams other than the default one."""

    def clock(self) -> float:
        """Return the host's time."""
        return self.now

    def launch(self, seconds: float, stream: int = 0, host: float = LAUNCH) -> None:
        """Queue a kernel that takes `seconds` on the device and `host` seconds of the host."""
        self.now += host
        self.ends[stream] = max(self.ends.get(stream, 0.0), self.now) + seconds
        self.off_stream_launches += stream != 0

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
