"""Measure what the list of system calls costs a call: microseconds with and without the filter, in fresh processes.

Run `python benchmarks/system_calls.py [--calls N] [--rounds N]` on a quiet machine.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import platform
import statistics
import sys
import time

from pytest_kernelbench.sandbox import seccomp
from pytest_kernelbench.sandbox.system_calls import ABSENT, ALLOWED, ARCHITECTURES, CHECKED, REFUSED

ROWS = {
    "getppid": ("allowed", ()),
    "kill": ("allowed on itself", (0, 0)),
    "mmap": ("allowed with some flags, fails", (0, 0, 3, 0x22, -1, 0)),
    "ioctl": ("allowed with some commands, fails", (-1, 0x5401)),
    "setsid": ("refused; without the filter it fails", ()),
}
"""Calls that are timed: what the filter does, and arguments with which the call changes nothing."""


def main() -> None:
    """Time all calls in both modes, alternating, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    column, _ = ARCHITECTURES[platform.machine()]
    sizes = {name: sum(row[column] is not None for row in table.values()) for name, table in TABLES.items()}
    instructions = len(seccomp.program(platform.machine(), 1))
    print(f"{', '.join(f'{count} {name}' for name, count in sizes.items())}; {instructions} instructions")
    print(f"{'call':<14}{'without':>10}{'with':>10}{'more':>10}   us; what the filter does")
    for name, (what, arguments) in ROWS.items():
        number = {**ALLOWED, **CHECKED, **REFUSED}[name][column]
        found: dict[bool, list[float]] = {False: [], True: []}
        for index in range(asked.rounds):
            for filtered in (False, True)[:: -1 if index % 2 else 1]:
                found[filtered].append(measured(filtered, asked.calls, number, arguments))
        before, after = (1e6 * statistics.median(found[mode]) for mode in (False, True))
        print(f"{name:<14}{before:>10.3f}{after:>10.3f}{after - before:>10.3f}   {what}")


TABLES = {"allowed": ALLOWED, "allowed with some arguments": CHECKED, "absent": ABSENT, "refused by name": REFUSED}


def measured(filtered: bool, calls: int, number: int, arguments: tuple[int, ...]) -> float:
    """Return the seconds of a call in a process of its own, which leads its session, so that `setsid` fails."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(OSError):
            os.setsid()
        if filtered:
            seccomp.refuse()
        call = ctypes.CDLL(None).syscall
        given = [ctypes.c_long(each) for each in (number, *arguments)]
        started = time.perf_counter()
        for _ in range(calls):
            call(*given)
        os.write(writing, f"{(time.perf_counter() - started) / calls}".encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        seconds = float(answer.read())
    os.waitpid(child, 0)
    return seconds


if __name__ == "__main__":
    sys.exit(main())
