"""Landlock: restrict which paths a process and all its children may open, irrevocably."""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from pytest_kernelbench.sandbox.linux import forbid_new_privileges, syscall

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""Numbers of the system calls, which are the same on every architecture."""

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, IOCTL_DEVICE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
"""Rights to paths, from `linux/landlock.h`."""

_FIRST, _REFER = (1 << 13) - 1, 1 << 13
"""All rights of the first version, and the right to move files between folders."""

READ = EXECUTE | READ_FILE | READ_DIR
DEVICE = READ_FILE | WRITE_FILE | TRUNCATE
GPU = DEVICE | READ_DIR | IOCTL_DEVICE
EVERYTHING = _FIRST | _REFER | TRUNCATE | IOCTL_DEVICE
_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
"""Rights that apply to files; a rule for a file with any other right is an error."""

NO_TCP = 0b11
"""Refuse to bind and to connect TCP sockets."""

ISOLATED = 0b11
"""Refuse to reach processes outside by abstract Unix sockets or by signals."""

_QUIET = 1
"""Do not log refusals: a kernel could fill the log of the machine."""

NEEDED = 3
"""First version of Landlock that protects read-only files from being truncated."""


def version() -> int:
    """Return the version of Landlock on this machine, 0 where it is missing."""
    if sys.platform != "linux":
        return 0
    return max(0, syscall(CREATE_RULESET, None, 0, 1))


def restrict(allowed: Mapping[Path, int] | Iterable[tuple[Path, int]]) -> None:
    """Take all rights from the current thread except the given ones for each path and everything below it.

    Rights that the Landlock of this machine does not know are not restricted, see `version`. Paths that do not exist
    are ignored. Raises `OSError` where Landlock is missing or fails.
    """
    known = version()
    if not known:
        raise OSError("this machine has no Landlock")
    handled = _FIRST | _since(known, 2, _REFER) | _since(known, 3, TRUNCATE) | _since(known, 5, IOCTL_DEVICE)
    attributes = struct.pack("<QQQ", handled, _since(known, 4, NO_TCP), _since(known, 6, ISOLATED))
    size = 24 if known >= 6 else 16 if known >= 4 else 8
    ruleset = _checked(CREATE_RULESET, attributes[:size], size, 0)
    try:
        for path, rights in dict(allowed).items():
            with contextlib.suppress(FileNotFoundError):
                _allow(ruleset, path, rights & handled)
        forbid_new_privileges()
        _checked(RESTRICT_SELF, ruleset, _QUIET if known >= 7 else 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):
            rights &= _OF_FILES
        _checked(ADD_RULE, ruleset, 1, struct.pack("<Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)


def _since(known: int, first: int, rights: int) -> int:
    """Return rights that the `first` version introduced, if the machine's version knows them."""
    return rights if known >= first else 0


def _checked(number: int, *arguments: int | bytes | None) -> int:
    result = syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"Landlock: {os.strerror(ctypes.get_errno())}")
    return result
