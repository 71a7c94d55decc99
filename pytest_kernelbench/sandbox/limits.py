"""Limit what a runner may use: resources, space, environment variables, a user, and no life beyond the judge's.

Each measure is applied where the machine allows it. No verdict depends on these measures; they keep one kernel from
disturbing the judgement of another.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pytest_kernelbench.sandbox.linux import prctl
from pytest_kernelbench.sandbox.processes import threads_of_user
from pytest_kernelbench.sandbox.space import enclose

ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ", "CUDA_VISIBLE_DEVICES", "CUDA_HOME", "CC", "CPATH",
               "TRITON_INTERPRET", "TRITON_DEFAULT_FP_FUSION", "TRITON_LIBCUDA_PATH", "TRITON_PTXAS_PATH",
               "OMP_NUM_THREADS", "MKL_NUM_THREADS")  # fmt: skip
"""Environment variables that a runner keeps; all others are removed, and those that the user gives are added."""

PROCESSES = 64
"""Largest number of threads and processes of a runner."""

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_CHILD_SUBREAPER = 1, 4, 8, 36
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAP_DAC_READ_SEARCH = 2
"""Capability to read any file; this and the constants above are from `linux/prctl.h` and `linux/capability.h`."""

FILES = 256
"""Largest number of open files."""

FILES_OF_CUDA = 4096
"""Largest number of open files on a GPU, whose driver opens its devices many times."""


def apply(
    home: Path,
    *,
    memory: int | None,
    file_size: int,
    space: int,
    cpu: int | None,
    user: int | None = None,
    reserve: int = 0,
    environment: Mapping[str, str] | None = None,
) -> bool:
    """Limit the current process, and make `home` its HOME, TMPDIR, working directory and folder of all caches.

    `memory` (bytes) limits the address space beyond what is in use; None leaves it unlimited, because CUDA reserves
    more than there is memory; `reserve` (bytes) is what the process may raise that limit by. `file_size` (bytes) limits
    each file, `space` (bytes) all files together, `cpu` (seconds) the CPU time. `user` is the user that the process
    becomes, where it is root. `environment` are variables beside those that every runner has. The process
    becomes the leader of its own session and process group, and the parent of all processes below it whose own parents
    have ended.

    Returns whether Linux enforces `space`; otherwise somebody has to watch the folder.
    """
    os.setsid()
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    _environment(home, environment or {})
    enclosed = user is not None and os.geteuid() == 0 and enclose(home, space, user)
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
    if user is not None and os.geteuid() == 0:
        _become(user, home)
        _limit(resource.RLIMIT_NPROC, PROCESSES)
    else:
        # The limit counts all threads of the user, not only those of one runner.
        _limit(resource.RLIMIT_NPROC, threads_of_user(os.getuid()) + PROCESSES)
    # Last, because a change of user resets it.
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    return enclosed


def _environment(home: Path, given: Mapping[str, str]) -> None:
    kept = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    os.environ.clear()
    os.environ.update({**given, **kept})
    for name in ("HOME", "TMPDIR", "TRITON_CACHE_DIR", "TRITON_HOME", "XDG_CACHE_HOME", "TORCHINDUCTOR_CACHE_DIR"):
        os.environ[name] = str(home)
    # What was imported or compiled before may have made `tempfile` remember a folder that the sandbox closes.
    tempfile.tempdir = None


def _limit(what: int, value: int, reserve: int = 0) -> None:
    """Set a limit, which the process can raise by `reserve` at most."""
    _, hard = resource.getrlimit(what)
    most = value + reserve if hard == resource.RLIM_INFINITY else min(value + reserve, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (min(value, most), most))


def _address_space() -> int:
    """Return the bytes of address space in use: shared libraries take gigabytes before a kernel is loaded."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _become(user: int, home: Path) -> None:
    """Change to an unprivileged user that may still read what root may: Python is often installed in root's home."""
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
