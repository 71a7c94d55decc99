"""The process of a runner as the judge sees it: start it, exchange messages with it, find out how it ended, end it."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.host.answers import printable
from pytest_kernelbench.host.fork_servers import Remote, fork_server_for, orphaned
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.host.vigil import Exceeded, Vigil
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.sandbox import ending, space, users
from pytest_kernelbench.sandbox.cgroups import ControlGroup
from pytest_kernelbench.sandbox.refusals import Refusals
from pytest_kernelbench.wire import protocol
from pytest_kernelbench.wire.device_names import on_gpu
from pytest_kernelbench.wire.far import RESERVE

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess


SHOWN_OUTPUT = 4000
"""Characters of the kernel's standard output and error that are kept, from the end."""

TIMEOUT_EXIT = 5.0
"""Seconds to wait for a runner to exit after it was killed."""

TIMEOUT_STATUS = 2.0
"""Seconds to wait for the exit status of a runner whose channel is closed."""

SERVE = Remote("pytest_kernelbench.runner.server:serve")
"""The main function of a runner's process, by name: the judge's process never imports it."""

SLACK = 1 << 30
"""Bytes of memory that all processes of a runner may use together beyond the limit of one of them."""

_CHANNEL_ERRORS = (protocol.DeadlinePassed, protocol.ProtocolError, protocol.Closed, OSError, Exceeded)
"""Everything that exchanging messages can raise."""


class SandboxError(KernelBenchError):
    """A measure of the sandbox failed, and the user asked for a strict sandbox."""


class RunnerDied(Exception):
    """A runner ended, or cannot be used any more; the message says how."""

    def __init__(self, status: str, message: str, *, orphaned: bool = False) -> None:
        """`status` is `crash` or `timeout`, or the status of a response that ends the work of this runner.

        `orphaned` says that its fork server has ended too, which ends all its runners, so that the kernel is not to
        blame.
        """
        super().__init__(message)
        self.status = status
        self.orphaned = orphaned


class Child:
    """A confined process, forked from a fork server, that exchanges messages with the judge over a socket pair."""

    main = SERVE
    """The main function of the process, by name."""

    def __init__(self, settings: RunnerSettings) -> None:
        self.settings = settings
        self.spent = False
        """Whether an earlier failure affects later calls, so that another runner is needed."""
        self.home = Path(tempfile.mkdtemp(prefix="kb-runner-"))
        """The one folder that the runner may write to."""
        self._is_ready = False
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the runner
        self._channel, theirs = socket.socketpair()
        self._user = users.USERS.reserve()
        # A user of its own is enough to find and to end all processes.
        self._group = ControlGroup.make(to_limit=self._user is not None)
        self._watched: users.Group | None = None
        try:
            with theirs:
                user = self._user.number if self._user is not None else None
                self._process = _start(self.main, settings, theirs, self._output.fileno(), self.home, user)
        except BaseException:
            self._discard()
            raise
        self.family = ending.Family.of(self.pid, self._user, self._group)
        """The runner with all processes that it starts."""
        if self._user is None:
            self._watched = users.USERS.watch(self.pid, self.family.started)
        self._vigil = Vigil(self._channel, self.family, self.home, self._process.sentinel)
        self._watch_memory()

    def _watch_memory(self) -> None:
        """Have Linux limit the memory of all processes together, or watch it; on a GPU, there is no limit."""
        placed = self._group is not None and self._group.add(self.pid)
        if on_gpu(self.settings.device):
            return
        limit = self.settings.memory + SLACK
        if self._group is not None and placed:
            self._group.limit_memory(limit)
        if self._group is None or not self._group.limits_memory:
            self._vigil.memory = limit

    @property
    def pid(self) -> int:
        """Process id of the runner."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def refused(self) -> list[str]:
        """The system calls that the sandbox has refused, where Linux reports them."""
        return self._vigil.refused

    @property
    def alive(self) -> bool:
        """Whether the runner can take another request: its process runs and is not spent."""
        return not self.spent and bool(self._process.is_alive())

    def cpu_seconds(self) -> float:
        """Return the CPU time of all threads of the runner, as counted by Linux: the runner cannot forge it."""
        # The number that Linux gives to the CPU clock of another process, see clock_getcpuclockid(3).
        return time.clock_gettime(~self.pid << 3 | 2)

    def printed(self) -> str:
        """Return the end of the kernel's standard output and error, fit to be printed."""
        size = os.fstat(self._output.fileno()).st_size
        data = os.pread(self._output.fileno(), SHOWN_OUTPUT * 4, max(0, size - SHOWN_OUTPUT * 4))
        return printable(data.decode(errors="replace"))[-SHOWN_OUTPUT:]

    def close(self) -> None:
        """End the runner and all processes that it started, and remove its files; closing twice does nothing."""
        if self._output.closed:
            return
        gone = ending.end(self.family)
        self._process.join(TIMEOUT_EXIT)
        with contextlib.suppress(ValueError):
            self._process.close()
        self._vigil.close()
        self._discard(gone=gone)

    def _discard(self, *, gone: bool = True) -> None:
        self._channel.close()
        self._output.close()
        space.remove(self.home)
        if self._group is not None:
            self._group.remove()
        # A user with processes that could not be ended is not given to another runner.
        for each in (self._user, self._watched):
            if each is not None and gone:
                each.release()

    def ask(
        self,
        request: dict[str, Any],
        *,
        max_bytes: int,
        timeout: float,
        seen: Callable[[dict[str, Any]], None] | None = None,
        body: bytes = b"",
        pauses: Callable[[bool], float] | None = None,
    ) -> tuple[dict[str, Any], bytes]:
        """Send a request and return header and body of the response; `seen` gets each progress message before it.

        `max_bytes` limits the body, `timeout` (seconds) the whole exchange. Raises `RunnerDied`.

        `pauses(True)` is called when the device is not used any more, and `pauses(False)` when it is wanted again: the
        runner goes on when that returns the seconds that it took, which are not part of the exchange.

        Each message must bear the random number of this request, so a message that was sent before the request, or
        without reading it, is rejected. The number cannot do more, because the kernel shares memory with the server
        that responds. A forged response still needs the right output values, which are nowhere in that process; what
        it can lie about is what the kernel did: changes to its arguments, numbers of launches, times.
        """
        deadline = time.monotonic() + timeout
        number = secrets.token_hex(8)
        try:
            self._channel.settimeout(timeout)
            protocol.send(self._channel, {**request, "number": number}, body)
            while True:
                left = deadline - time.monotonic()
                header, answer = protocol.receive(
                    self._channel, max_bytes=max_bytes, timeout=left, wait=self._vigil.wait
                )
                if header.pop("number", None) != number:
                    raise protocol.ProtocolError("a message does not bear the number of the request")
                if pauses is not None and header.get("status") == protocol.PROGRESS and protocol.PAUSE in header:
                    wanted = header[protocol.PAUSE] is False
                    deadline += pauses(not wanted)
                    if wanted:
                        protocol.send(self._channel, {"goes_on": True})
                    continue
                if seen is None or header.get("status") != protocol.PROGRESS:
                    return self._with_refusals(header), answer
                seen(header)
        except _CHANNEL_ERRORS as error:
            raise self._death(error, timeout) from None

    def _with_refusals(self, header: dict[str, Any]) -> dict[str, Any]:
        """Return a header with the refused calls among its observations: the judge knows them, not the runner."""
        refused = [["", refusal(name)] for name in self.refused]
        told = header.get("observations")
        return {**header, "observations": refused + (told if isinstance(told, list) else [])} if refused else header

    def ready(self, timeout: float) -> None:
        """Wait until the runner can take a kernel; raises `SandboxError` where a strict sandbox is incomplete."""
        if self._is_ready:
            return
        try:
            header, _ = protocol.receive(self._channel, max_bytes=0, timeout=timeout)
            if header.get("listens"):
                _, descriptors, _, _ = socket.recv_fds(self._channel, 1, 1)
                if not descriptors:
                    raise protocol.ProtocolError("the listener of refused calls has not arrived")
                self._vigil.refusals = Refusals(descriptors[0])
        except _CHANNEL_ERRORS as error:
            raise self._death(error, timeout) from None
        if not header.get("enclosed"):
            self._vigil.space = self.settings.space
        if header["failed"] and self.settings.sandbox == "strict":
            failed = "; ".join(f"{name}: {reason}" for name, reason in header["failed"].items())
            raise SandboxError(f"--kb-sandbox=strict: the sandbox of the runner is incomplete: {failed}")
        self._is_ready = True

    def _death(self, error: BaseException, timeout: float) -> RunnerDied:
        """End a runner whose channel failed, and return what the error means."""
        if isinstance(error, (protocol.DeadlinePassed, TimeoutError)):
            return self.died("timeout", f"no answer within {timeout:.0f} s")
        if isinstance(error, protocol.ProtocolError):
            return self.died("crash", f"the runner broke the protocol: {error}")
        if isinstance(error, Exceeded):
            return self.died("crash", str(error))
        return self.died("crash", self._how_it_ended())

    def died(self, status: str, message: str) -> RunnerDied:
        """Kill the runner and return the exception to raise."""
        ending.end(self.family)
        told = "".join(f"\n{refusal(name)}" for name in self.refused)
        return RunnerDied(status, message + told, orphaned=orphaned(self._process))

    def _how_it_ended(self) -> str:
        import signal

        self._process.join(TIMEOUT_STATUS)
        code = self._process.exitcode
        if code is None:
            return "the kernel closed the channel"
        if code >= 0:
            return f"the kernel ended its process with exit status {code}"
        try:
            return f"the kernel's process was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"the kernel's process was ended by signal {-code}"


def refusal(name: str) -> str:
    """Return the observation that a system call was refused."""
    return f"the sandbox refused the system call {name}"


def _start(
    main: Remote, settings: RunnerSettings, channel: socket.socket, output: int, home: Path, user: int | None
) -> BaseProcess:
    """Start a process from the fork server for its device."""
    from multiprocessing.connection import Connection

    memory = None if on_gpu(settings.device) else settings.memory
    # multiprocessing hands sockets and connections to a new process, but no plain file descriptors.
    with Connection(os.dup(output)) as printed:
        confinement = {
            "memory": memory,
            "file_size": settings.file_size,
            "space": settings.space,
            "user": user,
            "cpu": settings.cpu,
            "sandbox": settings.sandbox,
            "reserve": RESERVE,
            "origin": settings.origin.to_wire() if settings.origin is not None else None,
            "paths": list(settings.paths),
            "environment": dict(settings.environment),
        }
        return fork_server_for(settings.device).start(main, (channel, printed, str(home), settings.device, confinement))
