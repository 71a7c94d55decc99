"""Fork servers: one for each way in which Triton must be imported.

`triton.language` decides at its import, for good, whether its own functions are compiled or interpreted. So there is a
fork server whose Triton interprets and another whose Triton compiles; each is started when its first runner is.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import forkserver, get_context
from multiprocessing.process import BaseProcess, _children  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from pytest_kernelbench.model.alone import ALONE

INHERITED = ("PATH", "PYTHON", "VIRTUAL_ENV", "LD_", "LC_", "LANG", "TZ", "MALLOC_", "OMP_", "GOMP_", "KMP_", "MKL_",
             "DNNL_", "ATEN_", "TORCH", "TRITON_", "CUDA_", "NVIDIA_", "HIP_", "ROCR_", "HSA_")  # fmt: skip
"""What the names of variables begin with that Python, torch, Triton and their libraries read as they start."""

_STARTING = threading.Lock()

TRIES = 3
"""How often a process is asked for while fork servers die."""

_SERVERS: WeakKeyDictionary[BaseProcess, tuple[Server, int]] = WeakKeyDictionary()
"""The fork server of each process that is in use, with the process id that it had."""


class Server(forkserver.ForkServer):
    """A fork server that starts in an environment of its own, and again after its death."""

    def __init__(self, environment: Mapping[str, str | None]) -> None:
        super().__init__()
        self.environment = environment

    @property
    def pid(self) -> int | None:
        """Its process id; None where it was never started."""
        pid: int | None = self._forkserver_pid  # type: ignore[attr-defined]
        return pid

    def is_alive(self) -> bool:
        """Whether it can fork; it is left for `ensure_running` to bury."""
        if self.pid is None:
            return False
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        except ChildProcessError:
            return False

    def ensure_running(self) -> None:
        """Start the server unless it runs; the environment is not touched for less, since all threads see it."""
        if not self.is_alive():
            with self._environment():
                super().ensure_running()

    def leave(self) -> None:
        """Let go of a server that belongs to the process which this one was forked from: it may end with that."""
        alive: int | None = self._forkserver_alive_fd  # type: ignore[attr-defined]
        if alive is not None:
            os.close(alive)

    @contextlib.contextmanager
    def _environment(self) -> Iterator[None]:
        """Set the variables that the server starts with, which its runners can read: no secrets."""
        before = os.environ.copy()
        for name in before:
            if not name.startswith(INHERITED):
                del os.environ[name]
        for name, value in self.environment.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        os.environ.setdefault("TRITON_DEFAULT_FP_FUSION", "1")
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


@dataclass(eq=False)
class Nursery:
    """A fork server, what it imports, and the environment that it imports it in."""

    preload: Sequence[str]
    environment: Mapping[str, str | None]
    """Variables that are set, or with None unset, while the server starts."""
    server: Server = field(init=False)

    def __post_init__(self) -> None:
        """Make the server."""
        self.renew()

    def renew(self) -> None:
        """Take a new server, which starts with its first process."""
        self.server = Server(self.environment)
        self.server.set_forkserver_preload(list(self.preload))

    def start(self, target: Callable[..., None], arguments: tuple[Any, ...]) -> BaseProcess:
        """Return a new process of this server that runs `target(*arguments)`."""
        with _STARTING, _bare_main(), self._connected():
            for tries in range(1, TRIES + 1):
                process = get_context("forkserver").Process(target=target, args=arguments, daemon=True)
                try:
                    process.start()
                    break
                except (OSError, EOFError):
                    if tries == TRIES:
                        raise
                    time.sleep(0.1)
            # Whichever thread starts the next process would look after this one too, and take its exit status away.
            _children.discard(process)
            assert self.server.pid is not None
            _SERVERS[process] = (self.server, self.server.pid)
        return process

    @contextlib.contextmanager
    def _connected(self) -> Iterator[None]:
        """Have multiprocessing ask this server: it knows one for all, by this function's name."""
        before = forkserver.connect_to_new_process
        forkserver.connect_to_new_process = self.server.connect_to_new_process
        try:
            yield
        finally:
            forkserver.connect_to_new_process = before


def orphaned(process: BaseProcess) -> bool:
    """Whether the fork server of a process has died, with which all its processes end."""
    server, pid = _SERVERS[process]
    return server.pid != pid or not server.is_alive()


@contextlib.contextmanager
def _bare_main() -> Iterator[None]:
    """Hide pytest's main module and command line, which multiprocessing would bring into every new process."""
    main, arguments = sys.modules["__main__"], sys.argv
    sys.modules["__main__"], sys.argv = ModuleType("__main__"), [""]
    try:
        yield
    finally:
        sys.modules["__main__"], sys.argv = main, arguments


_COMMON = (
    "numpy.random",
    "numpy.testing",
    "statistics",
    "torch",
    "triton.language",
    "pytest_kernelbench.runner.server",
    "pytest_kernelbench.runner.audit",
    "pytest_kernelbench.runner.warm_sandbox",
    "pytest_kernelbench.devices.stand_in",
)
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

INTERPRETING = Nursery(
    preload=(
        *_COMMON,
        "triton.runtime.interpreter",
        "pytest_kernelbench.devices.bfloat16",
        "pytest_kernelbench.devices.interpreter",
        "pytest_kernelbench.devices.loops",
    ),
    environment={**_ONE_THREAD, "TRITON_INTERPRET": "1"},
)
COMPILING = Nursery(
    preload=(*_COMMON, "pytest_kernelbench.devices.cuda", "pytest_kernelbench.devices.warm_compiler"),
    environment={**_ONE_THREAD, "TRITON_INTERPRET": None},
)


def _before_fork() -> None:
    # In this order, in which a thread that makes evidence and starts a runner for it takes them.
    ALONE.acquire()
    _STARTING.acquire()


def _after_fork() -> None:
    _STARTING.release()
    ALONE.release()


def _in_fork() -> None:
    _after_fork()
    for nursery in (INTERPRETING, COMPILING):
        nursery.server.leave()
        nursery.renew()


# A fork of this process that judges too needs servers of its own, and no lock that another thread held.
os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_fork)
