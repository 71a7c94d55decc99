"""The judge's end of a runner's process: start it, ask it, see how it ended, end it."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.runner import limits, protocol
from pytest_kernelbench.runner.answers import printable
from pytest_kernelbench.runner.workplaces import COMPILE, CUDA

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

SHOWN_OUTPUT = 4000
"""Characters of what a kernel printed that are kept, from its end."""


_GONE = (protocol.DeadlinePassed, protocol.ProtocolError, protocol.Closed, OSError)
"""What a channel can end with."""


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    """How runners are started."""

    device: str = "interpreter"
    """`interpreter` (behind the stand-in for CUDA), `cpu`, `cuda:` and a GPU's UUID, or `compile:` and a target."""
    memory: int = 4 << 30
    """Bytes that a kernel may take on top of what torch and Triton need; not on a GPU, where that cannot be limited."""
    file_size: int = 256 << 20
    """Bytes of the largest file that a kernel may write."""
    cpu: int | None = 24 * 3600
    """Seconds of processor time, over all threads: an end for what outlives even the judge.

    With a limit Linux counts that time in ticks of its scheduler, too coarse for a runner that is timed by it.
    """
    sandbox: str = "best"
    """`strict`, `best` or `off`, as in `runner.sandbox`."""


class SandboxError(KernelBenchError):
    """A measure of the sandbox could not be taken, and the user insists on it."""


class RunnerDied(Exception):
    """The runner is gone: `status` is `crash` or `timeout`, the message says how.

    `orphaned` is whether its fork server is gone too, with which runners end.
    """

    def __init__(self, status: str, message: str, *, orphaned: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.orphaned = orphaned


class Child:
    """A process of a fork server, confined, with a channel on which it is asked and answers."""

    def __init__(self, settings: RunnerSettings) -> None:
        self.settings = settings
        self.spent = False
        self._is_ready = False
        self._home = Path(tempfile.mkdtemp(prefix="kb-runner-"))
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the runner
        self._channel, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = _start(settings, theirs, self._output.fileno(), self._home)
        except BaseException:
            self._discard()
            raise

    @property
    def pid(self) -> int:
        """Process id of the runner."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the runner can still answer: it is there, and nothing has gone wrong in it that stays."""
        return not self.spent and bool(self._process.is_alive())

    def cpu_seconds(self) -> float:
        """Return the processor time that the runner has used, all its threads together; the runner cannot forge it."""
        # How Linux numbers the clock of another process (clock_getcpuclockid(3)).
        return time.clock_gettime(~self.pid << 3 | 2)

    def printed(self) -> str:
        """Return the end of what the kernel has printed."""
        size = os.fstat(self._output.fileno()).st_size
        data = os.pread(self._output.fileno(), SHOWN_OUTPUT * 4, max(0, size - SHOWN_OUTPUT * 4))
        return printable(data.decode(errors="replace"))[-SHOWN_OUTPUT:]

    def close(self) -> None:
        """End the runner with everything that it started, and remove its files; a second time does nothing."""
        if self._output.closed:
            return
        limits.end(self.pid)
        self._process.join(5)
        with contextlib.suppress(ValueError):
            self._process.close()
        self._discard()

    def _discard(self) -> None:
        self._channel.close()
        self._output.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def ask(
        self,
        request: dict[str, Any],
        *,
        most: int,
        seconds: float,
        seen: Callable[[dict[str, Any]], None] | None = None,
    ) -> tuple[dict[str, Any], bytes]:
        """Return the answer to a request; `seen`, where there is one, gets every message of progress before it.

        Each message must bear the number that was drawn for this request: one that was sent before, or without having
        read the request, does not. More than that no number can do, since the kernel shares the memory of its server.
        Whoever forges the rest still needs the right values, which are nowhere in that process. What it can lie about
        is what it did: that it left its arguments alone, how much it launched, how long it took.
        """
        deadline = time.monotonic() + seconds
        number = secrets.token_hex(8)
        try:
            self._channel.settimeout(seconds)
            protocol.send(self._channel, {**request, "number": number})
            while True:
                header, body = protocol.receive(self._channel, most=most, seconds=deadline - time.monotonic())
                if header.pop("number", None) != number:
                    raise protocol.ProtocolError("a message that answers no request")
                if seen is None or header.get("status") != "progress":
                    return header, body
                seen(header)
        except _GONE as error:
            raise self._gone(error, seconds) from None

    def ready(self, seconds: float) -> None:
        """Wait until the runner can take a kernel; a second time does nothing."""
        if self._is_ready:
            return
        try:
            header, _ = protocol.receive(self._channel, most=0, seconds=seconds)
        except _GONE as error:
            raise self._gone(error, seconds) from None
        if header["failed"] and self.settings.sandbox == "strict":
            failed = "; ".join(f"{name}: {reason}" for name, reason in header["failed"].items())
            raise SandboxError(f"--kb-sandbox=strict: the runner has no sandbox: {failed}")
        self._is_ready = True

    def _gone(self, error: BaseException, seconds: float) -> RunnerDied:
        """Return what it means for the runner that its channel failed."""
        if isinstance(error, (protocol.DeadlinePassed, TimeoutError)):
            return self.died("timeout", f"no answer within {seconds:.0f} s")
        if isinstance(error, protocol.ProtocolError):
            return self.died("crash", f"the runner broke the protocol: {error}")
        return self.died("crash", self._how_it_ended())

    def died(self, status: str, message: str) -> RunnerDied:
        from pytest_kernelbench.runner.fork_servers import orphaned

        limits.end(self.pid)
        return RunnerDied(status, message, orphaned=orphaned(self._process))

    def _how_it_ended(self) -> str:
        import signal

        self._process.join(2)
        code = self._process.exitcode
        if code is None:
            return "the kernel closed the channel"
        if code >= 0:
            return f"the kernel ended its process with exit status {code}"
        try:
            return f"the kernel's process was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"the kernel's process was ended by signal {-code}"


def _start(settings: RunnerSettings, channel: socket.socket, output: int, home: Path) -> BaseProcess:
    """Fork a runner from the fork server of its device."""
    from multiprocessing.connection import Connection

    from pytest_kernelbench.runner.fork_servers import COMPILING, INTERPRETING
    from pytest_kernelbench.runner.server import serve

    on_gpu = settings.device.startswith(CUDA)
    nursery = COMPILING if on_gpu or settings.device.startswith(COMPILE) else INTERPRETING
    memory = None if on_gpu else settings.memory
    # A connection, because multiprocessing knows how to hand those to a new process.
    with Connection(os.dup(output)) as printed:
        confines = {"memory": memory, "file_size": settings.file_size, "cpu": settings.cpu, "sandbox": settings.sandbox}
        return nursery.start(serve, (channel, printed, str(home), settings.device, confines))
