"""Control groups of Linux, version 2, where the judge may make some: they end and limit a runner as a whole."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from pathlib import Path

PREFIX = "kernelbench-"
"""First part of the names of our groups."""

PATIENCE = 1.0
"""Seconds for a group to become empty, after its processes were killed, before it is left to the system."""

_NUMBERS = itertools.count()


class ControlGroup:
    """A control group for one runner."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.limits_memory = False
        """Whether Linux keeps the memory of all its processes together within a limit."""

    @classmethod
    def make(cls, *, to_limit: bool = False) -> ControlGroup | None:
        """Make a group below that of the judge; None where the judge may not, or Linux is older than 5.14.

        With `to_limit`, there is also none where it could not limit memory: moving a process takes some milliseconds.
        """
        above = own()
        if above is None or (to_limit and not _limits_memory(above)):
            return None
        folder = above / f"{PREFIX}{os.getpid()}-{next(_NUMBERS)}"
        try:
            folder.mkdir()
        except OSError:
            return None
        group = cls(folder)
        if (folder / "cgroup.kill").exists():
            return group
        group.remove()
        return None

    def add(self, pid: int) -> bool:
        """Move a process into the group; return whether it is there."""
        return self._write("cgroup.procs", str(pid))

    def limit_memory(self, size: int) -> None:
        """Limit the memory of all processes together to `size` bytes, where this group can do that."""
        if (self.folder / "memory.max").exists():
            self.limits_memory = self._write("memory.max", str(size))
            self._write("memory.swap.max", "0")
            self._write("memory.oom.group", "1")

    def kill(self) -> None:
        """Kill all processes of the group at once."""
        self._write("cgroup.kill", "1")

    def remove(self) -> None:
        """Remove the group as soon as its processes have gone."""
        end = time.monotonic() + PATIENCE
        while self.folder.exists():
            with contextlib.suppress(OSError):
                self.folder.rmdir()
                return
            if time.monotonic() > end:
                return
            time.sleep(0.002)

    def _write(self, name: str, text: str) -> bool:
        try:
            (self.folder / name).write_text(text)
        except OSError:
            return False
        return True


def _limits_memory(above: Path) -> bool:
    """Whether the groups below a group can limit memory."""
    try:
        return "memory" in (above / "cgroup.subtree_control").read_text().split()
    except OSError:
        return False


def own() -> Path | None:
    """Return the folder of the control group that this process is in; None where there is no version 2."""
    with contextlib.suppress(OSError, StopIteration, IndexError):
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
        root = next(Path(fields[1]) for fields in mounts if fields[2] == "cgroup2")
        line = next(each for each in Path("/proc/self/cgroup").read_text().splitlines() if each.startswith("0::"))
        folder = root / line[3:].lstrip("/")
        return folder if folder.is_dir() else None
    return None
