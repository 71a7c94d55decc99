"""Linux's Landlock: what a process may open from now on, for good, and for all that it starts."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import struct
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""System calls, with the same numbers on every architecture."""

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, IOCTL_DEVICE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
_FIRST, _REFER = (1 << 13) - 1, 1 << 13

READ = EXECUTE | READ_FILE | READ_DIR
DEVICE = READ_FILE | WRITE_FILE | TRUNCATE
GPU = DEVICE | READ_DIR | IOCTL_DEVICE
EVERYTHING = _FIRST | _REFER | TRUNCATE | IOCTL_DEVICE
_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
"""Rights that mean something for what is no folder: any other in its rule is an error."""

NO_TCP = 0b11
"""Bind and connect."""
ALONE = 0b11
"""Neither abstract Unix sockets nor signals reach what is outside."""
_QUIET = 1
"""Denials are not logged: a kernel could fill the machine's log with them."""

NEEDED = 3
"""The version from which on a file that may not be written may not be emptied either."""

_PR_SET_NO_NEW_PRIVS = 38


def version() -> int:
    """Return the version of Landlock's interface on this machine, 0 where there is none; nothing is restricted."""
    if sys.platform != "linux":
        return 0
    return max(0, _syscall(CREATE_RULESET, None, 0, 1))


def restrict(allowed: Mapping[Path, int] | Iterable[tuple[Path, int]]) -> None:
    """Take every right from the current thread but those given here for paths and what lies beneath them.

    Rights that this machine's Landlock does not know are left out: `version` says what holds. A path that is not there
    is passed over. Raises `OSError` where Landlock is missing or refuses.
    """
    known = version()
    if not known:
        raise OSError("this machine has no Landlock")
    handled = _FIRST | _since(known, 2, _REFER) | _since(known, 3, TRUNCATE) | _since(known, 5, IOCTL_DEVICE)
    attributes = struct.pack("<QQQ", handled, _since(known, 4, NO_TCP), _since(known, 6, ALONE))
    size = 24 if known >= 6 else 16 if known >= 4 else 8
    ruleset = _checked(CREATE_RULESET, attributes[:size], size, 0)
    try:
        for path, rights in dict(allowed).items():
            with contextlib.suppress(FileNotFoundError):
                _allow(ruleset, path, rights & handled)
        _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _checked(RESTRICT_SELF, ruleset, _QUIET if known >= 7 else 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    there = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):
            rights &= _OF_FILES
        _checked(ADD_RULE, ruleset, 1, struct.pack("<Qi", rights, there), 0)
    finally:
        os.close(there)


def _since(known: int, first: int, rights: int) -> int:
    return rights if known >= first else 0


def _checked(number: int, *arguments: int | bytes | None) -> int:
    result = _syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"Landlock: {os.strerror(ctypes.get_errno())}")
    return result


@functools.cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc


def _syscall(number: int, *arguments: int | bytes | None) -> int:
    return int(
        _libc().syscall(number, *(ctypes.c_size_t(each) if isinstance(each, int) else each for each in arguments))
    )
