"""The processes of this machine as /proc lists them: which belong to a runner, and what they use."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

ENDED = "ZX"
"""States of processes that have ended and wait for their parent."""

MAX_BYTES = 1 << 16
"""Bytes of the largest file of /proc that is read, which Linux gives in one piece."""

BUFFER = 1 << 19
"""Bytes that an open file may hold without a name and without a page in any process: two buffers of a socket."""


class Process(NamedTuple):
    """One line of the list of processes."""

    pid: int
    state: str
    """A letter; `ENDED` has those of processes that do not run any more."""
    parent: int
    group: int
    session: int
    started: int
    """When it started, in clock ticks since the machine did: with the id, this names a process for good."""
    threads: int = 1
    """Number of its threads, those that have ended and wait for the others among them."""

    @property
    def alive(self) -> bool:
        """Whether it has not ended: the first thread may end, and look like the whole process, while others go on."""
        return self.state not in ENDED or self.threads > 1


def process(pid: int) -> Process | None:
    """Return a process by its id; None if there is none."""
    try:
        fields = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        parent, group, session = map(int, fields[1:4])
        return Process(pid, fields[0].decode(), parent, group, session, int(fields[19]), int(fields[17]))
    except (OSError, ValueError, IndexError):
        return None


def listed() -> dict[int, Process]:
    """Return all processes by their ids."""
    return {pid: found for pid in pids() if (found := process(pid)) is not None}


def pids() -> Iterator[int]:
    """Yield the ids of all processes."""
    return (int(name) for name in _listing("/proc") if name.isdigit())


def descendants(pid: int, table: Mapping[int, Process] | None = None) -> list[int]:
    """Return the running descendants of a process, and the other running processes of its session and its group."""
    table = listed() if table is None else table
    found = {each.pid for each in table.values() if pid in (each.session, each.group) and each.pid != pid}
    grown = True
    while grown:
        more = {each.pid for each in table.values() if each.parent in found or each.parent == pid} - found
        grown = bool(more)
        found |= more
    return sorted(each for each in found if table[each].alive)


def of_user(user: int, *, ended: bool = False) -> list[int]:
    """Return the running processes of a user, and with `ended` those that wait for their parent."""
    found = []
    for pid in pids():
        with contextlib.suppress(OSError):
            mine = os.stat(f"/proc/{pid}").st_uid == user or _real_user(pid) == user
            if mine and (known := process(pid)) is not None and (known.alive or ended):
                found.append(pid)
    return found


def threads_of_user(user: int) -> int:
    """Return the number of threads of a user."""
    return sum(len(_listing(f"/proc/{pid}/task")) for pid in of_user(user))


def memory(processes: Iterable[int], limit: int) -> int:
    """Return the bytes of memory that processes use together, without the files that they have mapped.

    Each open file counts as what a pipe or a socket may hold. Pages that several processes share count once. Finding
    out how many share a page takes long, so that is only done where the processes use more than `limit` with every
    page counted for each of them.
    """
    folders = [running(pid) for pid in processes]
    buffers = BUFFER * sum(len(_listing(f"{folder}/fd")) for folder in folders)
    resident = [_sum_of(f"{folder}/status", (b"RssAnon:", b"RssShmem:")) or 0 for folder in folders]
    if buffers + sum(resident) <= limit:
        return buffers + sum(resident)
    return buffers + sum(_proportional(*each) for each in zip(folders, resident, strict=True))


def running(pid: int) -> str:
    """Return the folder in /proc of a process, or of a thread that still runs where its first one has ended.

    A thread that has ended has no memory and no files, though the process does.
    """
    known = process(pid)
    if known is not None and known.state in ENDED:
        for thread in _listing(f"/proc/{pid}/task"):
            if thread != str(pid):
                return f"/proc/{pid}/task/{thread}"
    return f"/proc/{pid}"


def _proportional(folder: str, otherwise: int) -> int:
    shared = _sum_of(f"{folder}/smaps_rollup", (b"Pss_Anon:", b"Pss_Shmem:"))
    return otherwise if shared is None else shared


def _sum_of(file: str, names: tuple[bytes, ...]) -> int | None:
    """Return the sum of some lines of a file that has sizes in kB, in bytes; None if it cannot be read."""
    try:
        lines = _read(file).splitlines()
    except OSError:
        return None
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith(names))


def _real_user(pid: int) -> int:
    """Return the real user of a process; the files in /proc belong to root where the process is not dumpable."""
    _, _, users = _read(f"/proc/{pid}/status").partition(b"\nUid:")
    return int(users.split(maxsplit=1)[0]) if users else -1


def _read(file: str) -> bytes:
    """Return a file of /proc, a third as expensive as with Python's own files: all processes are read often."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, MAX_BYTES)
    finally:
        os.close(descriptor)


def _listing(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []
