"""Refused system calls of a runner, as Linux reports them to the judge: the kernel can neither hide nor invent them.

The listener is a file descriptor that the runner gets when it installs its filter, hands to the judge and closes before
any code of the kernel runs. The call waits until the judge has answered, and the answer is always an error.
"""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import struct

from pytest_kernelbench.sandbox.system_calls import CHECKED, name_of

MAX_REPORTS = 2000
"""Reports after which the listener is closed: refused calls then fail with ENOSYS, and cost the judge no time."""

MAX_NAMES = 16
"""Names of calls that are kept for one runner."""

MODES = ("chmod", "fchmod", "fchmodat", "fchmodat2")
"""Calls that linkers make for each library, which is as good without: Triton links one for each kernel on a GPU."""

LINKERS = ("ld", "gold", "lld", "mold")
"""Names of linkers, without the machine before them and a suffix."""

_RECEIVE, _ANSWER = 0xC0502100, 0xC0182101
_REPORT, _REPLY = struct.Struct("=QIIiIQ6Q"), struct.Struct("=QqiI")
"""The requests of `ioctl`, and what they read and write, from `linux/seccomp.h`."""


class Refusals:
    """The refused calls of one runner."""

    def __init__(self, listener: int) -> None:
        """`listener` is the descriptor, which this object closes."""
        self.names: dict[str, None] = {}
        """The calls, in the order of their first refusal."""
        self._listener = listener
        self._left = MAX_REPORTS

    def fileno(self) -> int:
        """Return the descriptor, which is readable when a report waits; negative once it is closed."""
        return self._listener

    def answer(self) -> None:
        """Refuse the call of a waiting report, and keep its name."""
        report = bytearray(_REPORT.size)
        try:
            fcntl.ioctl(self._listener, _RECEIVE, report)
            number, process, _, call, _, _, *arguments = _REPORT.unpack(report)
            # While the call waits, the number is that of the process that made it.
            expected = name_of(call, platform.machine()) in MODES and _is_linker(process)
            fcntl.ioctl(self._listener, _ANSWER, bytearray(_REPLY.pack(number, 0, -errno.EPERM, 0)))
        except OSError as error:
            # The process that made the call, or all that have this filter, have ended.
            if error.errno != errno.ENOENT:
                self.close()
            return
        if len(self.names) < MAX_NAMES and not expected:
            self.names.setdefault(_described(call, arguments))
        self._left -= 1
        if not self._left:
            self.close()

    def close(self) -> None:
        """Close the listener; closing twice does nothing."""
        if self._listener >= 0:
            os.close(self._listener)
            self._listener = -1


def _is_linker(process: int) -> bool:
    """Whether a process runs the program of a linker."""
    try:
        program = os.path.basename(os.readlink(f"/proc/{process}/exe"))
    except OSError:
        return False
    return program.rpartition("-")[2].partition(".")[0] in LINKERS


_DECIDING = {"mmap": (3,), "setsockopt": (1, 2), "close_range": (2,)}
"""Places of the arguments that decided, where these are not the first two."""


def _described(call: int, arguments: list[int]) -> str:
    """Name a call; where its arguments decided, with these."""
    name = name_of(call, platform.machine())
    if name not in CHECKED:
        return name
    decided = (arguments[place] & 0xFFFFFFFF for place in _DECIDING.get(name, (0, 1)))
    return f"{name}({', '.join(f'{value:#x}' for value in decided)})"
