"""Test the sandbox on this machine: a child process enters it and tries what a kernel must not be able to do."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import mmap
import os
import platform
import resource
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pytest_kernelbench.sandbox import landlock, limits, policy, users
from pytest_kernelbench.sandbox.linux import syscall
from pytest_kernelbench.sandbox.system_calls import ARCHITECTURES, REFUSED

MAX_FILE = 1 << 20
"""Bytes of the largest file that the child may write."""

MAX_SPACE = 1 << 24
"""Bytes of all files that the child may write."""

MEMORY = 1 << 30
"""Bytes of memory that the child may use."""

_UNTRIED = ("uretprobe", "uprobe", "msgget")
"""Calls that end the process, or leave something behind, whatever their arguments are."""

MAX_NAMED = 5
"""Calls that a message names."""

TIMEOUT = 60
"""Seconds that the test may take."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that a kernel must not be able to do."""

    name: str
    broken: str
    """What was possible although it must not be; empty where the measure holds."""
    advice: str
    """What a kernel must do, and what the measure needs to enforce that."""

    @property
    def holds(self) -> bool:
        """Whether every attempt failed."""
        return not self.broken


_LANDLOCK = "needs Linux 6.2 or newer with Landlock (CONFIG_SECURITY_LANDLOCK, and `landlock` among the LSMs at boot)"
_SECCOMP = "needs seccomp filters (CONFIG_SECCOMP_FILTER) on x86_64 or aarch64"
_LIMITS = "needs hard limits of the shell or container that are high enough: see ulimit -H -a"

ADVICE = {
    "files": f"read and write only its own files: {_LANDLOCK}",
    "network": f"open no connections: {_SECCOMP}",
    "processes": f"leave other processes alone: {_SECCOMP}; for their memory: Landlock, or run pytest as root",
    "permissions": f"change no modes, owners, times or attributes of files: {_SECCOMP}",
    "calls": f"make no system call that is not on the list: {_SECCOMP}",
    "limits": f"stay within its limits of memory, processes and disk space: {_LIMITS}",
}
"""What a kernel must do, by the name of each measure, and what the measure needs to enforce that."""


def measures() -> list[Measure]:
    """Test every measure in a child process and return the results."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener, socket.socket() as server:
        inside = Path(folder)
        inside.chmod(0o777)
        (inside / "secret").write_text("secret")
        (inside / "secret").chmod(0o666)
        listener.bind(str(inside / "socket"))
        (inside / "socket").chmod(0o777)
        listener.listen()
        server.bind(("127.0.0.1", 0))
        server.listen()
        path = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
        user = users.USERS.reserve()
        command = [sys.executable, "-m", __name__, folder, str(server.getsockname()[1])]
        command += [str(user.number)] if user is not None else []
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False)
        if user is not None:
            user.release()
    try:
        broken = json.loads(run.stdout)
    except ValueError:
        broken = dict.fromkeys(ADVICE, f"the test process ended with exit status {run.returncode}: {run.stderr[-300:]}")
    return [Measure(name, broken[name], advice) for name, advice in ADVICE.items()]


def _main(folder: Path, port: int, user: int | None = None) -> None:
    """Enter the sandbox, try everything, and print what was possible as JSON."""
    home = Path(tempfile.mkdtemp(dir=folder))
    judge, version = os.getppid(), landlock.version()
    limits.apply(home, memory=MEMORY, file_size=MAX_FILE, space=MAX_SPACE, cpu=TIMEOUT, user=user)
    failed = policy.enter(home, gpu=False).failed
    attempts: dict[str, list[Callable[[], object]]] = {
        "files": [
            lambda: (folder / "secret").read_bytes(),
            lambda: (folder / "secret").write_bytes(b"changed"),
            lambda: os.truncate(folder / "secret", 0),
            lambda: (folder / "planted").write_bytes(b""),
            lambda: os.listdir(f"/proc/{judge}"),
        ],
        "network": [
            lambda: socket.socket(socket.AF_UNIX).connect(str(folder / "socket")),
            lambda: socket.socket(socket.AF_INET).connect(("127.0.0.1", port)),
            lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
        ],
        "processes": [
            lambda: os.kill(judge, 0),
            lambda: _trace(judge),
            lambda: os.open(f"/proc/{judge}/mem", os.O_RDONLY),
            lambda: os.listdir(f"/proc/{judge}/fd"),
            lambda: resource.prlimit(judge, resource.RLIMIT_CPU),
            lambda: os.setpriority(os.PRIO_PROCESS, judge, 19),
        ],
        "permissions": [
            lambda: (folder / "secret").chmod(0),
            lambda: os.utime(folder / "secret", (1, 1)),
            lambda: os.chown(folder / "secret", os.getuid(), os.getgid()),
            lambda: os.setxattr(folder / "secret", "user.kernelbench", b"x"),
        ],
        "limits": [lambda: bytearray(2 * MEMORY), lambda: (home / "big").write_bytes(bytes(2 * MAX_FILE)), _start_many],
    }
    broken = {name: _possible(each) for name, each in attempts.items()}
    broken["calls"] = _reached() or _possible([lambda: mmap.mmap(-1, mmap.PAGESIZE)])
    if "Landlock" in failed:
        broken["files"] = failed["Landlock"]
    elif version < landlock.NEEDED:
        broken["files"] = f"Landlock version {version} does not protect files from being truncated"
    sys.stdout.write(json.dumps(broken))


def _possible(attempts: list[Callable[[], object]]) -> str:
    """Return which attempts succeeded, by their numbers in the list; empty where none did."""
    succeeded = []
    for number, attempt in enumerate(attempts, 1):
        with contextlib.suppress(OSError, MemoryError):
            attempt()
            succeeded.append(number)
    return f"{len(succeeded)} of {len(attempts)} attempts succeeded ({succeeded})" if succeeded else ""


def _reached() -> str:
    """Return which of the system calls that no runner may make reached Linux; empty where none did."""
    column, _ = ARCHITECTURES.get(platform.machine(), (0, 0))
    numbers = {name: row[column] for name, row in REFUSED.items() if name not in _UNTRIED}
    reached = [name for name, number in numbers.items() if number is not None and not _refused(number)]
    if not reached:
        return ""
    more = f" and {len(reached) - MAX_NAMED} more" if len(reached) > MAX_NAMED else ""
    return f"{', '.join(reached[:MAX_NAMED])}{more} of {len(numbers)} system calls are not refused"


def _refused(number: int) -> bool:
    """Make a system call whose arguments are all wrong; return whether it was not even looked at."""
    return syscall(number, *[(1 << 64) - 1] * 6) < 0 and ctypes.get_errno() == errno.EPERM


def _trace(process: int) -> None:
    """Attach to a process as a debugger does."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(0x4206, process, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    libc.ptrace(17, process, None, None)


def _start_many() -> None:
    """Start more processes than are allowed; those that start end with this call."""
    waiting, hold = os.pipe()
    try:
        for _ in range(4 * limits.PROCESSES):
            if os.fork() == 0:
                os.close(hold)
                os.read(waiting, 1)
                os._exit(0)
    finally:
        os.close(hold)


if __name__ == "__main__":
    _main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
