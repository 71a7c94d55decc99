"""seccomp: refuse system calls that a runner does not need, with the error EPERM.

Landlock restricts paths. This restricts what has no path: sockets (also on a GPU and in containers, where namespaces
are not available), other processes, and changes of file permissions, which Landlock does not cover. Everything else is
allowed.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import socket
import struct
from collections.abc import Iterator

from pytest_kernelbench.sandbox.linux import forbid_new_privileges, syscall

REFUSED: dict[str, tuple[int | None, int | None]] = {
    # Connections, among them those to the socket of the fork server, which executes what it receives.
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "io_uring_setup": (425, 425),
    # Memory, files and scheduling of other processes.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "kcmp": (312, 272),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    # Permissions of the judge's files, where the runner is the same user as the judge.
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    # Ways around path restrictions, and parts of Linux that no GPU kernel needs.
    "open_by_handle_at": (304, 265),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
}  # fmt: skip
"""Refused system calls: their numbers on x86_64 and aarch64, None where the call does not exist.

From `unistd_64.h` and `asm-generic/unistd.h` of Linux.
"""

ON_ITSELF: dict[str, tuple[int, int]] = {
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
}
"""Calls that are allowed on the runner itself only: the first argument must be 0, its process id or its group."""

_FIOSETOWN, _SIOCSPGRP, _TIOCSTI = 0x8901, 0x8902, 0x5412

COMMANDS: dict[str, tuple[tuple[int, int], tuple[int, ...]]] = {
    # Choosing which process a file signals, and how, can end another process without `kill`.
    "fcntl": ((72, 25), (fcntl.F_SETOWN, fcntl.F_SETSIG, 15)),
    "ioctl": ((16, 29), (_FIOSETOWN, _SIOCSPGRP, _TIOCSTI)),
}
"""Calls whose second argument is a command: their numbers and the refused commands; 15 is F_SETOWN_EX."""

SOCKETPAIR = (53, 199)
"""Numbers of `socketpair`."""

STREAMS = (int(socket.SOCK_STREAM), int(socket.SOCK_SEQPACKET))
"""Allowed types of socket pairs; datagram sockets are refused because they can send to any address."""

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Column in the tables above, and the audit number of the architecture, from `linux/audit.h`."""

_SECCOMP = (317, 277)
_SET_MODE_FILTER, _SPECULATION_ALLOWED = 1, 4

_LOAD, _AND, _RETURN, _EQUAL, _AT_LEAST = 0x20, 0x54, 0x06, 0x15, 0x35
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_NUMBER, _ARCHITECTURE = 0, 4
_X32 = 0x40000000
"""First number of the x32 calls of x86_64, which duplicate all others."""

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, and operand of a classic BPF instruction."""


def refuse() -> None:
    """Refuse the calls above to the current process and all its children, irrevocably.

    Raises `OSError` where the machine has no seccomp, or where its architecture is not in the tables.
    """
    if platform.machine() not in _ARCHITECTURES:
        raise OSError(f"no system call table for the architecture {platform.machine()}")
    column, _ = _ARCHITECTURES[platform.machine()]
    code = b"".join(struct.pack("<HBBI", *each) for each in program(platform.machine(), os.getpid()))
    text = ctypes.create_string_buffer(code, len(code))
    filter_ = struct.pack("@HP", len(code) // 8, ctypes.addressof(text))
    forbid_new_privileges()
    # Without the flag, older versions of Linux enable mitigations that slow down the whole process.
    if syscall(_SECCOMP[column], _SET_MODE_FILTER, _SPECULATION_ALLOWED, filter_) != 0:
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")


def program(machine: str, process: int) -> list[Instruction]:
    """Return the filter in classic BPF, for the process with this id on this architecture."""
    column, architecture = _ARCHITECTURES[machine]
    code: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _REFUSE),
    ]
    for numbers in REFUSED.values():
        if numbers[column] is not None:
            code += _where(numbers[column], [(_RETURN, 0, 0, _REFUSE)])
    for own in ON_ITSELF.values():
        code += _where(own[column], [*_unless(0, (0, process, -process)), (_RETURN, 0, 0, _ALLOW)])
    for known, commands in COMMANDS.values():
        code += _where(known[column], [*_if(1, commands), (_RETURN, 0, 0, _ALLOW)])
    pairs = [*_unless(0, (int(socket.AF_UNIX),)), *_unless(1, STREAMS, mask=0xF), (_RETURN, 0, 0, _ALLOW)]
    code += _where(SOCKETPAIR[column], pairs)
    return [*code, (_RETURN, 0, 0, _ALLOW)]


def _where(number: int | None, then: list[Instruction]) -> Iterator[Instruction]:
    """Yield a test for the system call `number`, and what to do then; other calls skip that."""
    assert number is not None
    yield (_EQUAL, 0, len(then), number)
    yield from then


def _argument(place: int) -> Instruction:
    """Load the lower 32 bits of an argument, which is all that Linux reads of process ids, commands and types."""
    return (_LOAD, 0, 0, 16 + 8 * place)


def _unless(place: int, values: tuple[int, ...], mask: int = 0xFFFFFFFF) -> Iterator[Instruction]:
    """Yield instructions that refuse the call unless the argument has one of these values."""
    yield _argument(place)
    yield (_AND, 0, 0, mask)
    for index, value in enumerate(values):
        yield (_EQUAL, len(values) - index, 0, value & 0xFFFFFFFF)
    yield (_RETURN, 0, 0, _REFUSE)


def _if(place: int, values: tuple[int, ...]) -> Iterator[Instruction]:
    """Yield instructions that refuse the call if the argument has one of these values."""
    yield _argument(place)
    for value in values:
        yield (_EQUAL, 0, 1, value & 0xFFFFFFFF)
        yield (_RETURN, 0, 0, _REFUSE)
