"""The users of runners, where the judge is root: each runner has one to itself, so that all its processes can be found.

The users are a range of ids that no distribution and no directory service gives out. A judge holds a lock on the id of
each of its runners, so that no two judges of a machine ever use the same one.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from pytest_kernelbench.sandbox import processes, sweeper

RANGES = (range(2_100_000_000, 2_100_004_096), range(61_184, 65_520))
"""User ids for runners: the first range that this machine has is used.

The second one is what systemd calls dynamic users: it exists in user namespaces, which often end at 65,535.
"""

LOCKS = ("/run", "/var/tmp", tempfile.gettempdir())
"""Folders of the file that is locked, one byte for each user: the first one in which it can be opened."""

NAME = "pytest-kernelbench-users"
"""Name of that file."""

TIMEOUT = 60.0
"""Seconds within which the sweeper must answer."""


class Sweeper:
    """The judge's end of the process that kills the processes of users."""

    def __init__(self, users: range) -> None:
        self.judge = os.getpid()
        """The process that may talk to it: a fork of the judge needs its own."""
        self._lock = threading.Lock()
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel.settimeout(TIMEOUT)
        command = [
            sys.executable,
            "-I",
            "-S",
            sweeper.__file__,
            str(theirs.fileno()),
            str(users.start),
            str(users.stop),
        ]
        with theirs:
            # In a session of its own, since a signal to the judge's group or terminal must not end it.
            self._process = subprocess.Popen(command, pass_fds=(theirs.fileno(),), cwd="/", start_new_session=True)
        atexit.register(self.close)

    @property
    def usable(self) -> bool:
        """Whether it runs and belongs to this process."""
        return self.judge == os.getpid() and self._process.poll() is None

    def close(self) -> None:
        """Let it end, after it has swept the users that are not released."""
        self._channel.close()
        if self.judge == os.getpid():
            self._process.wait()

    def ask(self, word: str, *numbers: int, descriptors: tuple[int, ...] = ()) -> bool:
        """Send a request and return whether it was done."""
        with self._lock:
            try:
                socket.send_fds(self._channel, [" ".join([word, *map(str, numbers)]).encode()], descriptors)
                return self._channel.recv(1) == sweeper.DONE
            except OSError:
                return False


class User:
    """A user id that belongs to one runner until it is released."""

    def __init__(self, number: int, lock: int, by: Sweeper) -> None:
        self.number = number
        self._lock = lock
        self._sweeper = by
        by.ask(sweeper.BEGIN, number, descriptors=(lock,))

    def sweep(self) -> bool:
        """Kill all processes of this user, and return whether that was tried."""
        return self._lock >= 0 and self._sweeper.ask(sweeper.SWEEP, self.number)

    def release(self) -> None:
        """Let other runners have this user; releasing twice does nothing."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
            self._sweeper.ask(sweeper.RELEASE, self.number)


class Group:
    """The process group of a runner that shares the judge's user: it is ended even if the judge is killed."""

    def __init__(self, leader: int, started: int, by: Sweeper) -> None:
        self._leader = leader
        self._sweeper = by
        by.ask(sweeper.WATCH, leader, started)

    def release(self) -> None:
        """Leave the group alone from now on; releasing twice does nothing."""
        self._sweeper.ask(sweeper.FORGET, self._leader)


class Users:
    """The users that this process gives to its runners."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._sweeper: Sweeper | None = None
        self._next = os.getpid()
        """Where the search for a free user starts, modulo their number."""

    def reserve(self) -> User | None:
        """Return a user that no other runner has; None where the judge is not root, or there are none to spare.

        A user that already has processes is never chosen: they would be ended together with the runner, and those that
        have ended count in its limit until their parent looks. So users are taken in turns.
        """
        if os.geteuid() != 0 or (numbers := available()) is None:
            return None
        with self._starting:
            lock = _opened()
            if lock is None:
                return None
            for _ in numbers:
                self._next += 1
                number = numbers[self._next % len(numbers)]
                if _locked(lock, number) and not processes.of_user(number, ended=True):
                    return User(number, lock, self._running(numbers))
            os.close(lock)
        return None

    def watch(self, leader: int, started: int) -> Group:
        """Have a process group ended when the judge ends, however that happens."""
        with self._starting:
            return Group(leader, started, self._running(available() or range(0)))

    def _running(self, numbers: range) -> Sweeper:
        if self._sweeper is None or not self._sweeper.usable:
            self._sweeper = Sweeper(numbers)
        return self._sweeper


USERS = Users()
"""Those of this process."""


def ours(number: int) -> bool:
    """Whether a user id is one of those that only runners have."""
    return any(number in each for each in RANGES)


def available() -> range | None:
    """Return the ids that this machine has; None if it has neither range."""
    mapped = [_mapped(Path(f"/proc/self/{name}_map")) for name in ("uid", "gid")]
    return next((each for each in RANGES if all(_holds(some, each) for some in mapped)), None)


def _mapped(file: Path) -> list[range]:
    """Return the ids that exist in this user namespace."""
    with contextlib.suppress(OSError):
        rows = [line.split() for line in file.read_text().splitlines()]
        return [range(int(first), int(first) + int(count)) for first, _, count in rows]
    return []


def _holds(some: list[range], wanted: range) -> bool:
    return any(wanted[0] in each and wanted[-1] in each for each in some)


def _opened() -> int | None:
    for folder in LOCKS:
        with contextlib.suppress(OSError):
            return os.open(Path(folder, NAME), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    return None


def _locked(lock: int, number: int) -> bool:
    """Lock the byte of a user, through this open file alone; return whether nobody else holds it."""
    wanted = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, number, 1, 0)
    try:
        fcntl.fcntl(lock, fcntl.F_OFD_SETLK, wanted)
    except OSError:
        return False
    return True
