"""What the judge does while it waits for a runner: refuse the calls that Linux reports, and watch limits of the whole.

Linux limits each process. Where it cannot limit all processes of a runner together, or all files in its home, the judge
looks from time to time and ends a runner that has gone beyond.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Sequence
from pathlib import Path

from pytest_kernelbench.sandbox import processes, space
from pytest_kernelbench.sandbox.ending import Family
from pytest_kernelbench.sandbox.refusals import Refusals
from pytest_kernelbench.wire.protocol import Closed

PERIOD = 0.25
"""Seconds between two looks at what a runner uses."""

AGAIN = 0.02
"""Seconds after which too much memory is looked at once more."""


class Exceeded(Exception):
    """A runner as a whole has gone beyond a limit; the message says which."""


class Vigil:
    """Waits for messages of one runner."""

    def __init__(self, channel: socket.socket, family: Family, home: Path, end: int | None = None) -> None:
        """`end` is a descriptor that can be read once the runner's process has ended; whoever made it closes it."""
        self.family = family
        self.refusals: Refusals | None = None
        """The refused calls of the runner, where Linux reports them."""
        self.memory: int | None = None
        """Bytes of memory of all processes together that are watched; None where Linux limits them, or nobody does."""
        self.space: int | None = None
        """Bytes of all files together that are watched; None where Linux limits them."""
        self._channel = channel
        self._end = end
        self._files = space.Files(home)
        self._next = time.monotonic() + PERIOD

    @property
    def refused(self) -> list[str]:
        """The names of the calls that were refused."""
        return list(self.refusals.names) if self.refusals is not None else []

    def wait(self, deadline: float | None) -> None:
        """Return when the channel has something to read, or at the deadline; raises `Exceeded`.

        Raises `Closed` where the process has ended and the channel is empty: what the process has forked may still hold
        the other end open.
        """
        while True:
            now = time.monotonic()
            if now >= self._next:
                self._look()
                self._next = time.monotonic() + PERIOD
            left = self._next - now if deadline is None else min(self._next, deadline) - now
            ready = _readable(self._awaited(), max(0.0, left))
            if self._channel.fileno() in ready or (deadline is not None and time.monotonic() >= deadline):
                return
            if self._end in ready:
                # Its last message may be a moment behind; so may its own end, where its fork server has died.
                if _readable([self._channel.fileno()], PERIOD):
                    return
                raise Closed
            if ready and self.refusals is not None:
                self.refusals.answer()

    def close(self) -> None:
        """Stop reading reports; calls that still wait fail."""
        if self.refusals is not None:
            self.refusals.close()

    def _awaited(self) -> list[int]:
        """Return the descriptors that are waited for."""
        others = (self._end, self.refusals.fileno() if self.refusals is not None else None)
        return [self._channel.fileno(), *(each for each in others if each is not None and each >= 0)]

    def _look(self) -> None:
        if self.memory is not None and self._uses_more(self.memory):
            raise Exceeded(f"its processes use more than {_mib(self.memory)} MiB of memory together")
        if self.space is not None and self._files.used(self.family.all(), self.space) > self.space:
            raise Exceeded(f"its files take more than {_mib(self.space)} MiB together")

    def _uses_more(self, limit: int) -> bool:
        """Whether memory exceeds a limit twice: a child between `vfork` and `exec` shows all memory of its parent."""
        if processes.memory(self.family.all(), limit) <= limit:
            return False
        time.sleep(AGAIN)
        return processes.memory(self.family.all(), limit) > limit


def _readable(descriptors: Sequence[int], seconds: float) -> set[int]:
    """Return the descriptors that have something to read, after at most so many seconds."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in poll.poll(1000 * seconds)}


def _mib(size: int) -> int:
    return size >> 20
