"""Limit what a runner may use: resources, environment variables, an unprivileged user, and no life beyond the judge's.

Each measure is applied where the machine allows it. No verdict depends on these measures; they keep one kernel from
disturbing the judgement of another.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

from pytest_kernelbench.sandbox.linux import prctl

ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ", "CUDA_VISIBLE_DEVICES", "CUDA_HOME", "CC", "CPATH",
               "TRITON_INTERPRET", "TRITON_DEFAULT_FP_FUSION", "TRITON_LIBCUDA_PATH", "TRITON_PTXAS_PATH",
               "OMP_NUM_THREADS", "MKL_NUM_THREADS")  # fmt: skip
"""Environment variables that a runner keeps; all others are removed."""

FIRST_USER = 200_000
"""First user id for runners of root: each runner gets its own user, so that all its processes can be found."""

PROCESSES = 64
"""Largest number of threads and processes of a runner."""

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS = 1, 4, 8
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAP_DAC_READ_SEARCH = 2
"""Capability to read any file; this and the constants above are from `linux/prctl.h` and `linux/capability.h`."""

FILES = 256
"""Largest number of open files."""

FILES_OF_CUDA = 4096
"""Largest number of open files on a GPU, whose driver opens its devices many times."""


def user_of(pid: int) -> int:
    """Return the user id of the runner with this process id, where the judge is root."""
    return FIRST_USER + pid % 1_000_000


def apply(home: Path, *, memory: int | None, file_size: int, cpu: int | None, reserve: int = 0) -> None:
    """Limit the current process, and make `home` its HOME, TMPDIR, working directory and folder of all caches.

    `memory` (bytes) limits the address space beyond what is in use; None leaves it unlimited, because CUDA reserves
    more than there is memory; `reserve` (bytes) is what the process may raise that limit by. `file_size` (bytes) limits
    files, `cpu` (seconds) the CPU time. The process becomes the leader of its own session and process group.
    """
    os.setsid()
    _environment(home)
    os.chdir(home)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, file_size)
    _limit(resource.RLIMIT_NOFILE, FILES_OF_CUDA if memory is None else FILES)
    if memory is not None:
        _limit(resource.RLIMIT_AS, _address_space() + memory, reserve)
    if cpu is not None:
        _limit(resource.RLIMIT_CPU, cpu)
    # Writing beyond the limit then raises an error instead of ending the process.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if os.geteuid() == 0:
        _become_nobody(home)
        _limit(resource.RLIMIT_NPROC, PROCESSES)
    else:
        _limit(resource.RLIMIT_NPROC, _threads_of_user() + PROCESSES)
    # Last, because a change of user resets it.
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def end(pid: int) -> None:
    """Kill all processes of the runner `pid`: its process group, its descendants, and those of its own user, if any."""
    processes = [*descendants(pid), pid]
    if os.geteuid() == 0:
        processes += _of_user(user_of(pid))
    for process in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _environment(home: Path) -> None:
    kept = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    os.environ.clear()
    os.environ.update(kept)
    for name in ("HOME", "TMPDIR", "TRITON_CACHE_DIR", "TRITON_HOME", "XDG_CACHE_HOME", "TORCHINDUCTOR_CACHE_DIR"):
        os.environ[name] = str(home)


def _limit(what: int, value: int, reserve: int = 0) -> None:
    """Set a limit, which the process can raise by `reserve` at most."""
    _, hard = resource.getrlimit(what)
    most = value + reserve if hard == resource.RLIM_INFINITY else min(value + reserve, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (min(value, most), most))


def _address_space() -> int:
    """Return the bytes of address space in use: shared libraries take gigabytes before a kernel is loaded."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _become_nobody(home: Path) -> None:
    """Change to an unprivileged user that may still read what root may: Python is often installed in root's home."""
    user = user_of(os.getpid())
    try:
        for path in (home, *home.rglob("*")):
            os.chown(path, user, user, follow_symlinks=False)
        prctl(PR_SET_KEEPCAPS, 1)
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    except OSError:
        return
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    mask = 1 << CAP_DAC_READ_SEARCH
    ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0))
    # Compilers that torch.compile and Triton start must be able to read Python's headers, too.
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH)
    prctl(PR_SET_DUMPABLE, 0)


def _threads_of_user() -> int:
    """Return the number of threads of the current user: the limit counts all of them, not only those of one runner."""
    return sum(len(list(_listing(f"/proc/{pid}/task"))) for pid in _of_user(os.getuid()))


def _of_user(user: int) -> list[int]:
    """Return the processes of a user."""
    found = []
    for pid in _processes():
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{pid}").st_uid == user or _real_user(pid) == user:
                found.append(pid)
    return found


def _real_user(pid: int) -> int:
    """Return the real user of a process; the files in /proc belong to root where the process is not dumpable."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("Uid:"):
            return int(line.split()[1])
    return -1


def descendants(pid: int) -> list[int]:
    """Return the descendants of a process, and those of its session whose parent has ended."""
    parents: dict[int, int] = {}
    found = set()
    for process in _processes():
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            parents[process] = int(fields[1])
            if int(fields[3]) == pid and process != pid:
                found.add(process)
    grown = True
    while grown:
        more = {process for process, parent in parents.items() if parent in found or parent == pid} - found
        grown = bool(more)
        found |= more
    return sorted(found)


def _processes() -> Iterator[int]:
    return (int(name) for name in _listing("/proc") if name.isdigit())


def _listing(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []
