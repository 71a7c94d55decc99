"""The sandbox of a runner: it may write to its home and read Python, torch, Triton and compilers, and nothing else.

Two features of Linux are used, in addition to `sandbox.limits`: Landlock restricts which paths can be opened, seccomp
which system calls are allowed. Neither needs privileges, and both work in containers.
"""

from __future__ import annotations

import functools
import glob
import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pytest_kernelbench.sandbox import landlock, seccomp

_SYSTEM = (
    "/bin /sbin /lib /lib32 /lib64 /usr/bin /usr/sbin /usr/lib /usr/lib32 /usr/lib64 /usr/libexec /usr/include "  # noqa: SIM905
    "/usr/share /usr/local/bin /usr/local/lib /usr/local/lib64 /usr/local/include /usr/local/cuda* /usr/local/nvidia* "
    "/opt/cuda* /opt/rocm* /nix/store /gnu/store /etc/alternatives /etc/ld.so.cache /etc/ld.so.conf /etc/ld.so.conf.d "
    "/etc/localtime /etc/nsswitch.conf /etc/passwd /etc/group /proc/cpuinfo /proc/meminfo /proc/stat "
    "/proc/sys/vm/overcommit_memory /sys/devices/system/cpu /sys/devices/system/node".split()
)
"""Readable for all runners: programs, libraries, headers, and what these need to know about the machine."""

_DEVICES = ("/dev/null", "/dev/full", "/dev/random", "/dev/urandom")
"""Device files that all runners may use."""

_ZERO = Path("/dev/zero")
"""Readable alone: what can write to it can map memory that counts for no process."""

_GPU = ("/dev/nvidia*", "/dev/kfd", "/dev/dri")
"""Device files that runners on a GPU may use."""

_OF_GPU = ("/proc/driver/nvidia", "/proc/devices", "/proc/modules", "/sys")
"""Readable for runners on a GPU."""

_OURS = ("__init__.py", "model", "wire", "runner", "devices", "sandbox")
"""The parts of this package that a runner imports; it must not read the others, least of all tasks."""


@dataclass(slots=True)
class Entered:
    """How far a process got into the sandbox."""

    failed: dict[str, str] = field(default_factory=dict)
    """Each measure that failed, with the reason."""
    listener: int | None = None
    """Where refused system calls are reported, if that was asked for and works here."""


def enter(home: Path, *, gpu: bool, listen: bool = False, readable: Sequence[str] = ()) -> Entered:
    """Put the current process into the sandbox.

    The process must have a single thread. Afterwards it can write to `home` alone; files that are open stay open. What
    is in `readable`, files or folders, it can read. With `listen`, the caller must hand on the listener and close it
    before it runs anything that is not trusted.
    """
    entered = Entered()
    # A rule for /proc/self applies only as long as something keeps its directory entry open.
    os.open("/proc/self", os.O_PATH | os.O_CLOEXEC)
    try:
        landlock.restrict({**allowed(home, gpu=gpu), **dict(_named(readable))})
    except OSError as error:
        entered.failed["Landlock"] = str(error)
    try:
        entered.listener = seccomp.refuse(gpu=gpu, listen=listen)
    except OSError as error:
        entered.failed["seccomp"] = str(error)
    return entered


def allowed(home: Path, *, gpu: bool) -> dict[Path, int]:
    """Return the rights of a runner to each path and to everything below it."""
    # /proc/self is not resolved, because it is another folder in each process.
    return {home: landlock.EVERYTHING, Path("/proc/self"): landlock.READ, **shared(gpu=gpu)}


def readable(*, gpu: bool) -> Iterator[Path]:
    """Yield the paths whose files all runners can read, with everything below them."""
    yield from (path for path, right in shared(gpu=gpu).items() if right & landlock.READ_FILE)


@functools.cache
def shared(*, gpu: bool) -> dict[Path, int]:
    """Return the rights that all runners have in common."""
    rights: dict[Path, int] = {}
    for path, right in _rights(gpu=gpu):
        rights[path] = rights.get(path, 0) | right
    return rights


def _rights(*, gpu: bool) -> Iterator[tuple[Path, int]]:
    package = Path(__file__).resolve().parents[1]
    for root in (*_found(_SYSTEM), *_python()):
        yield from _without(root.resolve(), package)
    yield package, landlock.READ_DIR
    yield from ((package / name, landlock.READ) for name in _OURS)
    yield from ((path, landlock.DEVICE) for path in _found(_DEVICES))
    yield _ZERO, landlock.READ_FILE
    if gpu:
        yield from ((path, landlock.GPU) for path in _found(_GPU))
        yield from ((path, landlock.READ) for path in _found(_OF_GPU))


def _named(readable: Sequence[str]) -> Iterator[tuple[Path, int]]:
    """Yield rights to read what the user has named, except this package; what cannot be opened gets none."""
    package = Path(__file__).resolve().parents[1]
    for path in map(Path, readable):
        if os.access(path, os.R_OK):
            yield from _without(path.resolve(), package)


def _python() -> Iterator[Path]:
    """Yield the paths of Python, its packages and the libraries that these load."""
    for prefix in {sys.prefix, sys.base_prefix}:
        yield from (Path(prefix, name) for name in ("bin", "lib", "lib64", "include", "share", "pyvenv.cfg"))
    if sys.flags.no_user_site == 0:
        import site

        yield Path(site.getusersitepackages())
    for name in ("torch", "triton", "numpy"):
        # Built from source, they can be anywhere.
        found = importlib.util.find_spec(name)
        yield from map(Path, (found and found.submodule_search_locations) or ())
    yield from (Path(entry) for entry in os.environ.get("LD_LIBRARY_PATH", "").split(":") if entry.startswith("/"))


def _found(patterns: Sequence[str]) -> list[Path]:
    return [Path(path) for pattern in patterns for path in glob.glob(pattern)]


def _without(root: Path, package: Path) -> Iterator[tuple[Path, int]]:
    """Yield rights to read everything below a root except this package, which contains the tasks and references."""
    if root == package:
        return
    if not package.is_relative_to(root):
        yield root, landlock.READ
        return
    # Listing the folder is allowed, because Python finds modules that way.
    yield root, landlock.READ_DIR
    for child in root.iterdir():
        yield from _without(child, package)
