"""seccomp: allow the system calls that a runner needs, and refuse all others with the error EPERM.

Landlock restricts paths. This restricts what has no path: sockets (also on a GPU and in containers, where namespaces
are not available), other processes, and what Landlock does not cover, such as modes, times and attributes of files. A
call that nobody thought of is refused. Where Linux can do it, each refusal is reported to the judge, which records its
name: see `refusals`.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import socket
import struct
from collections.abc import Mapping, Sequence

from pytest_kernelbench.sandbox.linux import forbid_new_privileges, syscall
from pytest_kernelbench.sandbox.system_calls import ABSENT, ALLOWED, ARCHITECTURES, CHECKED

FILE_COMMANDS = (
    fcntl.F_DUPFD, fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, fcntl.F_SETFL, fcntl.F_GETLK, fcntl.F_SETLK,
    fcntl.F_SETLKW, fcntl.F_GETOWN, 16, 36, 37, 38, fcntl.F_DUPFD_CLOEXEC, 1031, 1032, 1033, 1034,
)  # fmt: skip
"""Commands of `fcntl`: descriptors, flags, locks (16 is F_GETOWN_EX, 36 to 38 are locks of open files), sizes of pipes
(1031, 1032), seals (1033, 1034). Who gets signals, leases and notices of changes are not among them."""

TERMINAL_COMMANDS = (0x5401, 0x540F, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451, 0x40049409, 0x80086601)
"""Commands of `ioctl` without a GPU: TCGETS, TIOCGPGRP, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, FICLONE,
FS_IOC_GETFLAGS."""

NOT_ON_A_GPU = (0x5412, 0x8901, 0x8902, 0x5410, 0x40086602, 0x40046602, 0x401C5820, 0x40087602, 0x40047602, 0xC0045877,
                0xC0045878, 0xC0185879)  # fmt: skip
"""Commands of `ioctl` that are refused on a GPU, whose drivers have hundreds: TIOCSTI, FIOSETOWN, SIOCSPGRP, TIOCSPGRP,
those that set flags, attributes and versions of files, and those that freeze, thaw and trim file systems."""

PROCESS_OPTIONS = (2, 3, 7, 15, 16, 21, 23, 25, 27, 29, 30, 34, 37, 38, 39, 40, 41, 42, 50, 51, 52, 54, 55, 56, 60, 61,
                   63, 64, 0x53564D41)  # fmt: skip
"""Options of `prctl`: those that ask, and those that set the name, the slack of timers, huge pages, the lengths of
vectors, the keys and tags of pointers, and names of memory."""

OTHER_PARENT, NAMESPACES = 0x00008000, 0x7E020000
"""Flags of `clone` that are refused: a child with the runner's own parent, and all new namespaces."""

ON_ITSELF = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "prlimit64", "sched_setaffinity",
             "sched_setparam", "sched_setscheduler", "sched_setattr", "migrate_pages", "move_pages")  # fmt: skip
"""Calls that are allowed on the runner itself only: the first argument must be 0, its process id or its group."""

THREAD, SHARED_FILES = 0x00010000, 0x00000400
"""Flags of `clone`: a thread without the second one has open files of its own, which Linux lists nowhere else."""

OWN_FILES = 1 << 1
"""Flag of `close_range` that is refused, for the same reason."""

SIZES_OF_BUFFERS = (7, 32)
"""Options of sockets that are refused, SO_SNDBUF and SO_SNDBUFFORCE: what a socket holds counts for no process."""

SHARED_ANONYMOUS = 0x21
"""Flags of `mmap` that are refused together, without a GPU: such memory stays when no process has its pages mapped."""

STREAMS = (int(socket.SOCK_STREAM), int(socket.SOCK_SEQPACKET))
"""Allowed types of socket pairs; datagram sockets are refused because they can send to any address."""

LISTENER, SPECULATION_ALLOWED = 1 << 3, 1 << 2
_SECCOMP, _SET_MODE_FILTER = (317, 277), 1
"""Number of `seccomp` in both columns, its operation, and flags, from `linux/seccomp.h`."""

LOAD, AND, RETURN, EQUAL, AT_LEAST, ANY_BIT, JUMP = 0x20, 0x54, 0x06, 0x15, 0x35, 0x45, 0x05
ALLOW, REFUSE, MISSING, REPORT = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS, 0x7FC00000
_NUMBER, _ARCHITECTURE = 0, 4
_X32 = 0x40000000
"""First number of the x32 calls of x86_64, which duplicate all others."""
_NEAR = 255
"""Instructions that a conditional jump can skip."""

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, and operand of a classic BPF instruction."""


def refuse(*, gpu: bool = False, listen: bool = False) -> int | None:
    """Refuse all but the allowed calls to the current process and all its children, irrevocably.

    With `listen`, returns a file descriptor to which refused calls are reported; None where Linux does not offer that,
    or a container uses it. Until somebody reads reports there, refused calls wait. Raises `OSError` where the machine
    has no seccomp, or where its architecture is not in the tables.
    """
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise OSError(f"no system call table for the architecture {machine}")
    forbid_new_privileges()
    if listen:
        try:
            return _install(program(machine, os.getpid(), gpu=gpu, refusal=REPORT), LISTENER | SPECULATION_ALLOWED)
        except OSError:
            pass
    _install(program(machine, os.getpid(), gpu=gpu, refusal=REFUSE), SPECULATION_ALLOWED)
    return None


def _install(code: Sequence[Instruction], flags: int) -> int:
    """Install a filter and return what Linux returns: the listener, if one was asked for.

    Without the flag for speculation, older versions of Linux enable mitigations that slow down the whole process.
    """
    packed = b"".join(struct.pack("<HBBI", *each) for each in code)
    text = ctypes.create_string_buffer(packed, len(packed))
    filter_ = struct.pack("@HP", len(code), ctypes.addressof(text))
    number = _SECCOMP[ARCHITECTURES[platform.machine()][0]]
    result = syscall(number, _SET_MODE_FILTER, flags, filter_)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")
    return result


def program(machine: str, process: int, *, gpu: bool = False, refusal: int = REFUSE) -> list[Instruction]:
    """Return the filter in classic BPF for the process with this id; `refusal` is what it returns for refused calls.

    Calls of another kind than the machine's, i386 and x32, are always refused.
    """
    column, architecture = ARCHITECTURES[machine]
    actions: dict[int, list[Instruction]] = {}
    for table, verdict in ((ALLOWED, ALLOW), (ABSENT, MISSING)):
        actions |= {number: [_returned(verdict)] for number in _numbers(table, column)}
    for name, block in _checks(process, gpu=gpu, refusal=refusal).items():
        number = CHECKED[name][column]
        assert number is not None
        actions[number] = block
    if gpu:
        # The driver shares memory with its compilers in this way, and memory is not limited there.
        actions[{"x86_64": 319, "aarch64": 279}[machine]] = [_returned(ALLOW)]
    return [
        (LOAD, 0, 0, _ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        _returned(REFUSE),
        (LOAD, 0, 0, _NUMBER),
        (AT_LEAST, 0, 1, _X32),
        _returned(REFUSE),
        *_searched(_runs(actions, [_returned(refusal)])),
    ]


def _checks(process: int, *, gpu: bool, refusal: int) -> dict[str, list[Instruction]]:
    """Return what to do for the calls whose arguments decide."""
    otherwise, allowed = _returned(refusal), _returned(ALLOW)
    checks = {name: [*_unless(0, (0, process, -process), otherwise), allowed] for name in ON_ITSELF}
    checks["fcntl"] = [*_unless(1, FILE_COMMANDS, otherwise), allowed]
    checks["prctl"] = [*_unless(0, PROCESS_OPTIONS, otherwise), allowed]
    apart = [(AND, 0, 0, THREAD | SHARED_FILES), (EQUAL, 0, 1, THREAD), otherwise]
    checks["clone"] = [_argument(0), (ANY_BIT, 0, 1, OTHER_PARENT | NAMESPACES), otherwise, *apart, allowed]
    checks["close_range"] = [_argument(2), (ANY_BIT, 0, 1, OWN_FILES), otherwise, allowed]
    pairs = [*_unless(0, (int(socket.AF_UNIX),), otherwise), *_unless(1, STREAMS, otherwise, mask=0xF)]
    checks["socketpair"] = [*pairs, allowed]
    checks["setsockopt"] = [*_if(2, SIZES_OF_BUFFERS, otherwise), allowed]
    both = [_argument(3), (AND, 0, 0, SHARED_ANONYMOUS), (EQUAL, 0, 1, SHARED_ANONYMOUS), otherwise]
    checks["mmap"] = [*([] if gpu else both), allowed]
    commands = [*_if(1, NOT_ON_A_GPU, otherwise)] if gpu else [*_unless(1, TERMINAL_COMMANDS, otherwise)]
    checks["ioctl"] = [*commands, allowed]
    return checks


def _numbers(table: Mapping[str, tuple[int | None, int | None]], column: int) -> list[int]:
    return [numbers[column] for numbers in table.values() if numbers[column] is not None]  # type: ignore[misc]


def _runs(actions: Mapping[int, list[Instruction]], refused: list[Instruction]) -> list[tuple[int, list[Instruction]]]:
    """Return the first number of each run of calls that are treated alike, with what to do."""
    runs: list[tuple[int, list[Instruction]]] = []
    for number in range(max(actions) + 2):
        block = actions.get(number, refused)
        if not runs or runs[-1][1] != block:
            runs.append((number, block))
    return runs


def _searched(runs: Sequence[tuple[int, list[Instruction]]]) -> list[Instruction]:
    """Return a binary search for the run of a call: a call costs eight comparisons, not hundreds."""
    if len(runs) == 1:
        return runs[0][1]
    middle = len(runs) // 2
    low, high = _searched(runs[:middle]), _searched(runs[middle:])
    if len(low) <= _NEAR:
        return [(AT_LEAST, len(low), 0, runs[middle][0]), *low, *high]
    return [(AT_LEAST, 0, 1, runs[middle][0]), (JUMP, 0, 0, len(low)), *low, *high]


def _returned(verdict: int) -> Instruction:
    return (RETURN, 0, 0, verdict)


def _argument(place: int) -> Instruction:
    """Load the lower 32 bits of an argument, which is all that Linux reads of process ids, commands and types."""
    return (LOAD, 0, 0, 16 + 8 * place)


def _unless(place: int, values: Sequence[int], otherwise: Instruction, mask: int = 0xFFFFFFFF) -> Sequence[Instruction]:
    """Return instructions that go on if the argument has one of these values, and refuse the call if not."""
    tests = [(EQUAL, len(values) - index, 0, value & 0xFFFFFFFF) for index, value in enumerate(values)]
    return [_argument(place), (AND, 0, 0, mask), *tests, otherwise]


def _if(place: int, values: Sequence[int], then: Instruction) -> Sequence[Instruction]:
    """Return instructions that refuse the call if the argument has one of these values."""
    return [_argument(place), *(each for value in values for each in ((EQUAL, 0, 1, value), then))]
