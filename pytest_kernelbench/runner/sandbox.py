"""What a runner may reach: its home, what Python, torch, Triton and compilers are read from, and nothing else.

Two measures of Linux, on top of the limits, and of the other user that runners of root become: Landlock decides which
paths can be opened, seccomp which system calls are refused. Neither needs a privilege, and both hold in containers.
"""

from __future__ import annotations

import functools
import glob
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pytest_kernelbench.runner import landlock, syscalls

MODES = ("strict", "best", "off")
"""`strict` refuses to run without every measure, `best` uses those that there are, `off` uses neither."""

_SYSTEM = (
    "/bin /sbin /lib /lib32 /lib64 /usr/bin /usr/sbin /usr/lib /usr/lib32 /usr/lib64 /usr/libexec /usr/include "  # noqa: SIM905
    "/usr/share /usr/local/bin /usr/local/lib /usr/local/lib64 /usr/local/include /usr/local/cuda* /usr/local/nvidia* "
    "/opt/cuda* /opt/rocm* /nix/store /gnu/store /etc/alternatives /etc/ld.so.cache /etc/ld.so.conf /etc/ld.so.conf.d "
    "/etc/localtime /etc/nsswitch.conf /etc/passwd /etc/group /proc/cpuinfo /proc/meminfo /proc/stat "
    "/proc/sys/vm/overcommit_memory /sys/devices/system/cpu /sys/devices/system/node".split()
)
"""Programs, libraries, headers, and what they ask about the machine."""

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_GPU = ("/dev/nvidia*", "/dev/kfd", "/dev/dri")
_OF_GPU = ("/proc/driver/nvidia", "/proc/devices", "/proc/modules", "/sys")

_OURS = ("__init__.py", "model", "runner", "devices")
"""The parts of this package that run beside a kernel."""


def enter(home: Path, device: str) -> dict[str, str]:
    """Put the current process, which has one thread, into the sandbox; return each measure that failed, and why.

    Only `home` can be written afterwards. Everything that the process has open stays open.
    """
    measures: Mapping[str, Callable[[], None]] = {
        "Landlock": lambda: landlock.restrict(allowed(home, gpu=device.startswith("cuda"))),
        "seccomp": syscalls.refuse,
    }
    # Landlock knows /proc/self by an entry that lives as long as something holds it.
    os.open("/proc/self", os.O_PATH | os.O_CLOEXEC)
    failed = {}
    for name, apply in measures.items():
        try:
            apply()
        except OSError as error:
            failed[name] = str(error)
    return failed


def allowed(home: Path, *, gpu: bool) -> dict[Path, int]:
    """Return the rights to each path that a runner has, beneath it too."""
    # Not resolved like the others: it is another folder in each process.
    return {home: landlock.EVERYTHING, Path("/proc/self"): landlock.READ, **shared(gpu=gpu)}


@functools.cache
def shared(*, gpu: bool) -> dict[Path, int]:
    """Return the rights that all runners have."""
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
    if gpu:
        yield from ((path, landlock.GPU) for path in _found(_GPU))
        yield from ((path, landlock.READ) for path in _found(_OF_GPU))


def _python() -> Iterator[Path]:
    """Yield where Python, its packages and the libraries that they load are read from."""
    for prefix in {sys.prefix, sys.base_prefix}:
        yield from (Path(prefix, name) for name in ("bin", "lib", "lib64", "include", "share", "pyvenv.cfg"))
    if sys.flags.no_user_site == 0:
        import site

        yield Path(site.getusersitepackages())
    for name in ("torch", "triton", "numpy"):
        # Built from source, they can lie anywhere.
        found = importlib.util.find_spec(name)
        yield from map(Path, (found and found.submodule_search_locations) or ())
    yield from (Path(entry) for entry in os.environ.get("LD_LIBRARY_PATH", "").split(":") if entry.startswith("/"))


def _found(patterns: Sequence[str]) -> list[Path]:
    return [Path(path) for pattern in patterns for path in glob.glob(pattern)]


def _without(root: Path, package: Path) -> Iterator[tuple[Path, int]]:
    """Yield the right to read all beneath a root but this package, where tasks lie and with them the references."""
    if root == package:
        return
    if not package.is_relative_to(root):
        yield root, landlock.READ
        return
    # Names may be read: Python finds modules by listing folders.
    yield root, landlock.READ_DIR
    for child in root.iterdir():
        yield from _without(child, package)
