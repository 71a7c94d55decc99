"""The seccomp filter, run as Linux runs it: which system calls it refuses, on both architectures."""

from __future__ import annotations

import errno
import platform
import socket
import struct

import pytest

from pytest_kernelbench.sandbox import seccomp

REFUSED, ALLOWED = 0x00050000 | errno.EPERM, 0x7FFF0000


def decided(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """Run the filter of process 77 as Linux does, and return what it decides."""
    own = seccomp._ARCHITECTURES[machine][1]
    padded = [value & 0xFFFFFFFFFFFFFFFF for value in (*arguments, 0, 0, 0, 0, 0, 0)[:6]]
    data = struct.pack("<IIQ6Q", number, own if architecture is None else architecture, 0, *padded)
    program, at, held = seccomp.program(machine, 77), 0, 0
    while True:
        code, then, otherwise, value = program[at]
        at += 1
        if code == seccomp._LOAD:
            (held,) = struct.unpack_from("<I", data, value)
        elif code == seccomp._AND:
            held &= value
        elif code == seccomp._RETURN:
            return value
        else:
            met = held == value if code == seccomp._EQUAL else held >= value
            at += then if met else otherwise


@pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])
def test_the_filter(machine: str, column: int) -> None:
    refused = {numbers[column] for numbers in seccomp.REFUSED.values()} - {None}
    special = {numbers[column] for numbers in (*seccomp.ON_ITSELF.values(), seccomp.SOCKETPAIR)}
    for number in range(600):
        expected = REFUSED if number in refused | special else ALLOWED
        # -1 is no process, no command and no kind of socket.
        assert decided(machine, number, -1, -1) == expected, number
    for own in seccomp.ON_ITSELF.values():
        assert {decided(machine, own[column], process) for process in (0, 77, -77)} == {ALLOWED}
        assert {decided(machine, own[column], process) for process in (1, -1, 76, -78)} == {REFUSED}
        assert decided(machine, own[column], 77 | 1 << 32) == ALLOWED, "Linux looks at 32 bits, and so must the filter"
        assert decided(machine, own[column], 1 | 77 << 32) == REFUSED
    for numbers, commands in seccomp.COMMANDS.values():
        assert {decided(machine, numbers[column], 3, command) for command in commands} == {REFUSED}
        assert decided(machine, numbers[column], 3, 1) == ALLOWED
    pair = seccomp.SOCKETPAIR[column]
    kinds = {kind: decided(machine, pair, socket.AF_UNIX, kind | socket.SOCK_CLOEXEC) for kind in range(1, 6)}
    assert kinds == {1: ALLOWED, 2: REFUSED, 3: REFUSED, 4: REFUSED, 5: ALLOWED}
    assert decided(machine, pair, socket.AF_TIPC, 1) == REFUSED
    assert decided(machine, 39, architecture=0x40000003) == REFUSED
    if machine == "x86_64":
        assert decided(machine, 39 | 1 << 30) == REFUSED


def test_an_unknown_architecture_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(OSError, match="no system call table for the architecture riscv64"):
        seccomp.refuse()
