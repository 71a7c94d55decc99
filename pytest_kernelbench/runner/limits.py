"""What a runner may use: limits, its own environment, an unprivileged user where we are root, death with the judge.

Each measure is applied where the machine allows it; none of them is needed for a right verdict, all of them keep one
kernel from costing another its verdict.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ", "CUDA_VISIBLE_DEVICES", "CUDA_HOME", "CC", "CPATH",
               "TRITON_INTERPRET", "TRITON_DEFAULT_FP_FUSION", "TRITON_LIBCUDA_PATH", "TRITON_PTXAS_PATH",
               "OMP_NUM_THREADS", "MKL_NUM_THREADS")  # fmt: skip
"""Variables that a runner keeps; all others are gone."""

FIRST_USER = 200_000
"""Runners of root become users from here on, one user a runner, so that all its processes can be found and ended."""

PROCESSES = 64
"""Threads and processes that a runner may have."""

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS = 1, 4, 8
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAP_DAC_READ_SEARCH = 2


def user_of(pid: int) -> int:
    """Return the user that the runner with this process id becomes where we are root."""
    return FIRST_USER + pid % 1_000_000


FILES = 256
"""Files that a runner may have open."""

FILES_OF_CUDA = 4096
"""The same where it uses a GPU: the driver opens its devices many times over."""


def apply(home: Path, *, memory: int | None, file_size: int, cpu: int | None) -> None:
    """Put the current process under its limits, with `home` as HOME, TMPDIR, caches and working directory.

    `memory` and `file_size` are bytes, `cpu` is seconds. Without `memory` the address space has no limit: CUDA takes
    more of it than there is memory. The process leads a session and process group of its own.
    """
    os.setsid()
    _environment(home)
    os.chdir(home)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, file_size)
    _limit(resource.RLIMIT_NOFILE, FILES_OF_CUDA if memory is None else FILES)
    if memory is not None:
        _limit(resource.RLIMIT_AS, _address_space() + memory)
    if cpu is not None:
        _limit(resource.RLIMIT_CPU, cpu)
    # A write over the limit is then an error of that write, not the end of the process.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if os.geteuid() == 0:
        _become_nobody(home)
        _limit(resource.RLIMIT_NPROC, PROCESSES)
    else:
        _limit(resource.RLIMIT_NPROC, _threads_of_user() + PROCESSES)
    # Last, because a change of user clears it.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def end(pid: int) -> None:
    """End every process of the runner `pid`: its group, its descendants, and all of its user where it has one."""
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


def _limit(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (value, value))


def _address_space() -> int:
    """Bytes of address space in use: shared libraries take gigabytes of it before a kernel does anything."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _become_nobody(home: Path) -> None:
    """Change to an unprivileged user that may still read what root may: Python often lives under root's home."""
    libc = ctypes.CDLL(None, use_errno=True)
    user = user_of(os.getpid())
    try:
        for path in (home, *home.rglob("*")):
            os.chown(path, user, user, follow_symlinks=False)
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    except OSError:
        return
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    mask = 1 << CAP_DAC_READ_SEARCH
    libc.capset(header, (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0))
    # Compilers that torch.compile and Triton start must read Python's headers as well.
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _threads_of_user() -> int:
    """Threads of the current user: the limit counts all of them, not those of one runner."""
    return sum(len(list(_listing(f"/proc/{pid}/task"))) for pid in _of_user(os.getuid()))


def _of_user(user: int) -> list[int]:
    found = []
    for pid in _processes():
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{pid}").st_uid == user or _real_user(pid) == user:
                found.append(pid)
    return found


def _real_user(pid: int) -> int:
    """Real user of a process; /proc itself belongs to root where a process is not dumpable."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("Uid:"):
            return int(line.split()[1])
    return -1


def descendants(pid: int) -> list[int]:
    """Processes below `pid`, and those of its session whose parent has gone."""
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
