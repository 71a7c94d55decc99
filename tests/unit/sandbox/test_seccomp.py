"""The seccomp filter, run as Linux runs it: which system calls it allows, on both architectures."""

from __future__ import annotations

import errno
import platform
import re
import socket
import struct
from pathlib import Path

import pytest

from pytest_kernelbench.sandbox import seccomp
from pytest_kernelbench.sandbox.system_calls import ABSENT, ALLOWED, ARCHITECTURES, CHECKED, REFUSED, name_of

REFUSE, MISSING, ALLOW = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS, 0x7FFF0000

BOTH = pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])


def decided(machine: str, number: int, *arguments: int, architecture: int | None = None, gpu: bool = False) -> int:
    """Run the filter of process 77 as Linux does, and return what it decides."""
    own = ARCHITECTURES[machine][1]
    padded = [value & 0xFFFFFFFFFFFFFFFF for value in (*arguments, 0, 0, 0, 0, 0, 0)[:6]]
    data = struct.pack("<IIQ6Q", number, own if architecture is None else architecture, 0, *padded)
    program, at, held = seccomp.program(machine, 77, gpu=gpu), 0, 0
    while True:
        code, then, otherwise, value = program[at]
        at += 1
        if code == seccomp.LOAD:
            (held,) = struct.unpack_from("<I", data, value)
        elif code == seccomp.AND:
            held &= value
        elif code == seccomp.RETURN:
            return value
        elif code == seccomp.JUMP:
            at += value
        else:
            met = {
                seccomp.EQUAL: held == value, seccomp.AT_LEAST: held >= value, seccomp.ANY_BIT: held & value != 0,
            }[code]  # fmt: skip
            at += then if met else otherwise


def number(name: str, column: int) -> int:
    """Return the number of a call whose arguments decide."""
    found = CHECKED[name][column]
    assert found is not None
    return found


@BOTH
def test_only_what_is_on_the_list_is_allowed(machine: str, column: int) -> None:
    allowed = {numbers[column] for numbers in ALLOWED.values()} - {None}
    absent = {numbers[column] for numbers in ABSENT.values()}
    for call in range(700):
        expected = ALLOW if call in allowed else MISSING if call in absent else REFUSE
        # -1 is no process, no command, no kind of socket, and all flags; 7 is the size of a socket's buffer.
        third = 7 if name_of(call, machine) == "setsockopt" else -1
        assert decided(machine, call, -1, -1, third, -1) == expected, name_of(call, machine)
    assert decided(machine, 39, architecture=0x40000003) == REFUSE
    if machine == "x86_64":
        assert decided(machine, 39 | 1 << 30) == REFUSE


@BOTH
def test_arguments_decide(machine: str, column: int) -> None:
    for name in seccomp.ON_ITSELF:
        own = number(name, column)
        assert {decided(machine, own, process) for process in (0, 77, -77)} == {ALLOW}
        assert {decided(machine, own, process) for process in (1, -1, 76, -78)} == {REFUSE}
        assert decided(machine, own, 77 | 1 << 32) == ALLOW, "Linux looks at 32 bits, and so must the filter"
        assert decided(machine, own, 1 | 77 << 32) == REFUSE
    pair = number("socketpair", column)
    kinds = {kind: decided(machine, pair, socket.AF_UNIX, kind | socket.SOCK_CLOEXEC) for kind in range(1, 6)}
    assert kinds == {1: ALLOW, 2: REFUSE, 3: REFUSE, 4: REFUSE, 5: ALLOW}
    assert decided(machine, pair, socket.AF_TIPC, 1) == REFUSE
    thread, process = 0x3D0F00, 0x1200011
    assert {decided(machine, number("clone", column), flags) for flags in (thread, process)} == {ALLOW}
    new = [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x8000]
    assert {decided(machine, number("clone", column), process | flag) for flag in new} == {REFUSE}
    assert {decided(machine, number("prctl", column), option) for option in (15, 38)} == {ALLOW}
    assert {decided(machine, number("prctl", column), option) for option in (1, 22, 36, 47)} == {REFUSE}
    assert {decided(machine, number("fcntl", column), 3, command) for command in (0, 4, 6, 1030)} == {ALLOW}
    assert {decided(machine, number("fcntl", column), 3, command) for command in (8, 10, 15, 1024, 1026)} == {REFUSE}


@BOTH
def test_nothing_is_held_where_nobody_can_see_it(machine: str, column: int) -> None:
    mmap, options = number("mmap", column), number("setsockopt", column)
    private, shared_file, shared, shared_and_checked = 0x22, 0x01, 0x21, 0x23
    assert {decided(machine, mmap, 0, 4096, 3, flags) for flags in (private, shared_file)} == {ALLOW}
    assert {decided(machine, mmap, 0, 4096, 3, flags) for flags in (shared, shared_and_checked)} == {REFUSE}
    assert decided(machine, mmap, 0, 4096, 3, shared, gpu=True) == ALLOW
    assert [decided(machine, options, 3, 1, option) for option in (7, 32, 20)] == [REFUSE, REFUSE, ALLOW]
    own_files = 0x3D0F00 & ~0x400
    assert decided(machine, number("clone", column), own_files) == REFUSE
    assert [decided(machine, number("close_range", column), 3, 9, flags) for flags in (0, 2, 4)] == [
        ALLOW,
        REFUSE,
        ALLOW,
    ]


@BOTH
def test_a_gpu_needs_its_drivers_commands_and_shared_memory(machine: str, column: int) -> None:
    control, memory = number("ioctl", column), REFUSED["memfd_create"][column]
    assert memory is not None
    of_nvidia, flags_of_a_file = 0xC020462A, 0x40086602
    assert decided(machine, control, 3, of_nvidia) == decided(machine, memory) == REFUSE
    assert decided(machine, control, 3, of_nvidia, gpu=True) == decided(machine, memory, gpu=True) == ALLOW
    assert decided(machine, control, 3, flags_of_a_file, gpu=True) == REFUSE
    assert decided(machine, control, 3, 0x5401) == ALLOW


def test_no_call_is_in_two_tables_and_all_have_numbers_of_their_own() -> None:
    tables = (ALLOWED, CHECKED, ABSENT, REFUSED)
    names = [name for table in tables for name in table]
    assert len(names) == len(set(names))
    for column in (0, 1):
        numbers = [row[column] for table in tables for row in table.values() if row[column] is not None]
        assert len(numbers) == len(set(numbers))
    assert {*CHECKED} == {*seccomp._checks(1, gpu=False, refusal=REFUSE)}
    assert name_of(0, "x86_64") == "read"
    assert name_of(9999, "aarch64") == "number 9999"


HEADERS = [*Path("/usr/include").glob("*/asm/unistd_64.h"), Path("/usr/include/asm/unistd_64.h")]


@pytest.mark.skipif(platform.machine() != "x86_64" or not HEADERS[0].exists(), reason="needs the headers of Linux")
def test_the_numbers_are_those_of_linux() -> None:
    there = dict(re.findall(r"#define __NR_(\w+) (\d+)", HEADERS[0].read_text()))
    ours = {name: row[0] for table in (ALLOWED, CHECKED, ABSENT, REFUSED) for name, row in table.items()}
    assert {name: int(value) for name, value in there.items() if name in ours} == {
        name: value for name, value in ours.items() if name in there
    }
    assert there.keys() <= ours.keys()


def test_an_unknown_architecture_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(OSError, match="no system call table for the architecture riscv64"):
        seccomp.refuse()
