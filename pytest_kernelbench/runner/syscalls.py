"""Linux's seccomp: the system calls that a runner has no use for, refused as if it had no permission.

Landlock decides by paths. This decides what has none: sockets (also on a GPU and in containers, where namespaces are
no choice), other processes, and the permissions of files, which Landlock leaves to their owner. All else is allowed.
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

REFUSED: dict[str, tuple[int | None, int | None]] = {
    # Connections, also to the socket of the fork server, which runs what it is sent.
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "io_uring_setup": (425, 425),
    # Memory, files and time of other processes.
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
    # Permissions of the judge's files, where the runner is the same user.
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    # Ways around paths, and parts of Linux that no kernel of ours needs.
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
"""Numbers on x86_64 and aarch64, from Linux's `unistd_64.h` and `asm-generic/unistd.h`; None: there is no such call."""

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
"""Calls whose first argument is a process: the runner itself, by its number, 0 or as its own group, and no other."""

_FIOSETOWN, _SIOCSPGRP, _TIOCSTI = 0x8901, 0x8902, 0x5412

COMMANDS: dict[str, tuple[tuple[int, int], tuple[int, ...]]] = {
    # Whom a file signals, and with what: a way to end another process without `kill`.
    "fcntl": ((72, 25), (fcntl.F_SETOWN, fcntl.F_SETSIG, 15)),
    "ioctl": ((16, 29), (_FIOSETOWN, _SIOCSPGRP, _TIOCSTI)),
}
"""Calls whose second argument is a command, with the commands that are refused; 15 is F_SETOWN_EX."""

SOCKETPAIR = (53, 199)
STREAMS = (int(socket.SOCK_STREAM), int(socket.SOCK_SEQPACKET))
"""Kinds of socket pairs that stay pairs: a datagram can go to any address."""

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Column of the tables and the number by which the filter knows the architecture."""

_SECCOMP = (317, 277)
_SET_MODE_FILTER, _SPECULATION_ALLOWED = 1, 4
_PR_SET_NO_NEW_PRIVS = 38

_LOAD, _AND, _RETURN, _EQUAL, _AT_LEAST = 0x20, 0x54, 0x06, 0x15, 0x35
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_NUMBER, _ARCHITECTURE = 0, 4
_X32 = 0x40000000
"""From here on are the calls of x86_64's 32-bit twin, under other numbers."""

Instruction = tuple[int, int, int, int]


def refuse() -> None:
    """Refuse the calls above to the current process and all that it starts, for good.

    Raises `OSError` where the machine has no seccomp or an architecture that is not in the tables.
    """
    if platform.machine() not in _ARCHITECTURES:
        raise OSError(f"no table of system calls for {platform.machine()}")
    column, _ = _ARCHITECTURES[platform.machine()]
    code = b"".join(struct.pack("<HBBI", *each) for each in program(platform.machine(), os.getpid()))
    text = ctypes.create_string_buffer(code, len(code))
    filter_ = struct.pack("@HP", len(code) // 8, ctypes.addressof(text))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # Without the flag, older kernels slow the whole process down against attacks on itself.
    flags = ctypes.c_size_t(_SPECULATION_ALLOWED)
    if libc.syscall(_SECCOMP[column], ctypes.c_size_t(_SET_MODE_FILTER), flags, filter_) != 0:
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")


def program(machine: str, process: int) -> list[Instruction]:
    """Return the filter, in classic BPF, for the process of that number on that architecture."""
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
    """Yield what is done about one call; the rest of the program still has its number at hand."""
    assert number is not None
    yield (_EQUAL, 0, len(then), number)
    yield from then


def _argument(place: int) -> Instruction:
    """Load the lower half of an argument: numbers of processes, commands and kinds have no more than that."""
    return (_LOAD, 0, 0, 16 + 8 * place)


def _unless(place: int, values: tuple[int, ...], mask: int = 0xFFFFFFFF) -> Iterator[Instruction]:
    """Yield what refuses a call unless an argument has one of these values."""
    yield _argument(place)
    yield (_AND, 0, 0, mask)
    for index, value in enumerate(values):
        yield (_EQUAL, len(values) - index, 0, value & 0xFFFFFFFF)
    yield (_RETURN, 0, 0, _REFUSE)


def _if(place: int, values: tuple[int, ...]) -> Iterator[Instruction]:
    """Yield what refuses a call if an argument has one of these values."""
    yield _argument(place)
    for value in values:
        yield (_EQUAL, 0, 1, value & 0xFFFFFFFF)
        yield (_RETURN, 0, 0, _REFUSE)
