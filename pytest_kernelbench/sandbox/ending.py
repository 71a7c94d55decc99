"""End a runner and everything that it started, also processes that fork themselves anew faster than they can be listed.

A list of processes is out of date when it is made. What ends them all at once is a signal to all processes of a user,
of a process group or of a control group, which Linux delivers before any of them can fork again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass

from pytest_kernelbench.sandbox import processes
from pytest_kernelbench.sandbox.cgroups import ControlGroup
from pytest_kernelbench.sandbox.users import User

PATIENCE = 5.0
"""Seconds that the processes of a runner get to disappear after they were killed."""

ROUND = 0.05
"""Seconds after which those that are still there are killed again."""

PAUSE = 0.002
"""Seconds between two looks at whether they have."""


@dataclass(frozen=True, slots=True)
class Family:
    """A runner and all processes that it started."""

    pid: int
    started: int
    """When the runner started, as in `processes.Process`: Linux gives its id to other processes later."""
    user: User | None = None
    """The user that only this runner has; None where it shares the judge's."""
    group: ControlGroup | None = None
    """The control group of the runner, if it has one to itself."""

    @classmethod
    def of(cls, pid: int, user: User | None = None, group: ControlGroup | None = None) -> Family:
        """Return the family of a runner that has just started."""
        if pid <= 1:
            raise ValueError(f"expected the id of a runner, got {pid}")
        known = processes.process(pid)
        return cls(pid, known.started if known is not None else -1, user, group)

    @property
    def owns_number(self) -> bool:
        """Whether the runner's process id still means the runner, or the process group that it has left behind.

        Linux gives the number to another process only when neither is left.
        """
        known = processes.process(self.pid)
        return known is None or known.started == self.started

    def others(self) -> list[int]:
        """Return the running processes of this runner beside itself."""
        if self.user is not None:
            found = set(processes.of_user(self.user.number))
        else:
            found = set(processes.descendants(self.pid)) if self.owns_number else set()
        return sorted(found - {self.pid})

    def all(self) -> list[int]:
        """Return all running processes of this runner."""
        known = processes.process(self.pid)
        alive = known is not None and known.alive and known.started == self.started
        return [*([self.pid] if alive else []), *self.others()]


def end(family: Family) -> bool:
    """Kill all processes of a runner, and return whether none is left after `PATIENCE`."""
    deadline = time.monotonic() + PATIENCE
    killed: set[processes.Process] = set()
    # It must not go on forking, and it must not end before those that it has adopted.
    _signal(family, signal.SIGSTOP)
    while True:
        killed |= _kill_all(family)
        again = time.monotonic() + ROUND
        while family.all() or any(map(_runs, killed)):
            if time.monotonic() > deadline:
                return False
            if time.monotonic() > again:
                break
            time.sleep(PAUSE)
        else:
            return True


def _kill_all(family: Family) -> set[processes.Process]:
    """Kill the processes of a runner in every way there is; return those that were found and killed one by one."""
    found = set()
    if family.group is not None:
        family.group.kill()
    if family.user is not None:
        family.user.sweep()
    else:
        found = {known for pid in family.others() if (known := processes.process(pid)) is not None}
        for each in found:
            _kill(each.pid, signal.SIGKILL)
    _signal(family, signal.SIGKILL)
    return found


def _runs(known: processes.Process) -> bool:
    now = processes.process(known.pid)
    return now is not None and now.alive and now.started == known.started


def _signal(family: Family, number: signal.Signals) -> None:
    """Send a signal to the runner and to its process group, unless their number has passed to others."""
    known = processes.process(family.pid)
    if known is not None and known.started != family.started:
        return
    if known is not None:
        _kill(family.pid, number)
    # A runner that is still starting is a member of its fork server's group.
    if known is None or known.group == family.pid:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(family.pid, number)


def _kill(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
