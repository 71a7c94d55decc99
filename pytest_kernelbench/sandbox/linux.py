"""System calls that Python has no functions for."""

from __future__ import annotations

import ctypes
import functools

PR_SET_NO_NEW_PRIVS = 38
"""From `linux/prctl.h`."""


def syscall(number: int, *arguments: int | bytes | None) -> int:
    """Make a system call and return its result; it is negative on an error, whose number `ctypes.get_errno` returns."""
    return int(
        _libc().syscall(number, *(ctypes.c_size_t(each) if isinstance(each, int) else each for each in arguments))
    )


def prctl(option: int, *arguments: int) -> int:
    """Change a property of the current process and return 0, or a negative number on an error."""
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return int(_libc().prctl(option, *(ctypes.c_ulong(each) for each in padded)))


def forbid_new_privileges() -> None:
    """Keep this process and its children from gaining privileges, which Landlock and seccomp require."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


@functools.cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc
