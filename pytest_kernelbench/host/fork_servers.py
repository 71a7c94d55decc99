"""The fork servers that runners are forked from, one for each mode of Triton.

`triton.language` decides once, when it is imported, whether its functions are interpreted or compiled. So there are two
fork servers, one for either mode. Each starts with its first runner and has torch and Triton imported already.
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
from pkgutil import resolve_name
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from pytest_kernelbench.model.locks import PROCESS_LOCK
from pytest_kernelbench.wire.device_names import COMPILE, on_gpu

INHERITED = ("PATH", "PYTHON", "VIRTUAL_ENV", "LD_", "LC_", "LANG", "TZ", "MALLOC_", "OMP_", "GOMP_", "KMP_", "MKL_",
             "DNNL_", "ATEN_", "TORCH", "TRITON_", "CUDA_", "NVIDIA_", "HIP_", "ROCR_", "HSA_")  # fmt: skip
"""Prefixes of the environment variables that fork servers inherit: Python, torch, Triton and libraries read them."""

OF_COMPILERS = ("CC", "CPATH")
"""Whole names of further ones: Triton builds libraries for launches on a GPU with the C compiler that they name."""

_STARTING = threading.Lock()
"""Held while a process starts: it patches `multiprocessing` and, where a server starts, the environment."""

TRIES = 3
"""Attempts to start a process, where fork servers die meanwhile."""

_SERVERS: WeakKeyDictionary[BaseProcess, tuple[Server, int]] = WeakKeyDictionary()
"""The fork server of each process, with the process id that the server had at that time."""


class Server(forkserver.ForkServer):
    """A fork server with its own environment variables, which is started again after it died."""

    def __init__(self, environment: Mapping[str, str | None]) -> None:
        super().__init__()
        self.environment = environment
        """Variables to set, or with None to unset, while the server starts."""

    @property
    def pid(self) -> int | None:
        """Process id of the server; None before the first start."""
        pid: int | None = self._forkserver_pid  # type: ignore[attr-defined]
        return pid

    def is_alive(self) -> bool:
        """Whether the server runs; a dead one is not reaped, since `ensure_running` does that."""
        if self.pid is None:
            return False
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        except ChildProcessError:
            return False

    def ensure_running(self) -> None:
        """Start the server unless it runs; only then are environment variables changed, which all threads can see."""
        if not self.is_alive():
            with self._environment():
                super().ensure_running()

    def disown(self) -> None:
        """Close a server that this process inherited by a fork, so that it can end together with its owner."""
        alive: int | None = self._forkserver_alive_fd  # type: ignore[attr-defined]
        if alive is not None:
            os.close(alive)

    @contextlib.contextmanager
    def _environment(self) -> Iterator[None]:
        """Reduce the environment to what the server and its runners may read: it must hold no secrets."""
        before = os.environ.copy()
        for name in before:
            if not name.startswith(INHERITED) and name not in OF_COMPILERS:
                del os.environ[name]
        for name, value in self.environment.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        os.environ.setdefault("TRITON_DEFAULT_FP_FUSION", "1")
        if "HOME" in before:
            # Where a runner that enters a GPU compiles a part of Triton's driver: the password file may say another
            # home, or none.
            os.environ.setdefault("TRITON_HOME", before["HOME"])
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


@dataclass(frozen=True, slots=True)
class Remote:
    """A function that is imported by its name only in the process that calls it."""

    name: str
    """`module:function`."""

    def __call__(self, *arguments: Any) -> None:
        """Import the function and call it."""
        resolve_name(self.name)(*arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        """Unpickle as the function itself, so that the other process need not import this module either."""
        return resolve_name, (self.name,)


@dataclass(eq=False)
class RunnerForkServer:
    """A fork server that has imported some modules, started when it is first used."""

    preload: Sequence[str]
    """Modules that the server imports, so that its runners need not."""
    environment: Mapping[str, str | None]
    """Variables to set, or with None to unset, while the server starts."""
    server: Server = field(init=False)

    def __post_init__(self) -> None:
        """Create the server, which is not started yet."""
        self.renew()

    def renew(self) -> None:
        """Replace the server by a new one, which starts with its first process."""
        self.server = Server(self.environment)
        self.server.set_forkserver_preload(list(self.preload))

    def warm(self) -> None:
        """Start the server without waiting for it: what it imports takes seconds, which others can use meanwhile."""
        # Whoever needs the server tries again and tells what went wrong.
        with _STARTING, _bare_main(), contextlib.suppress(OSError, EOFError):
            self.server.ensure_running()

    def start(self, target: Callable[..., None], arguments: tuple[Any, ...]) -> BaseProcess:
        """Fork a process that runs `target(*arguments)` and return it; raises `OSError` or `EOFError`."""
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
            # Otherwise the next start of a process, in any thread, would reap this one and lose its exit status.
            _children.discard(process)
            assert self.server.pid is not None
            _SERVERS[process] = (self.server, self.server.pid)
        return process

    @contextlib.contextmanager
    def _connected(self) -> Iterator[None]:
        """Redirect `multiprocessing`, which uses one server for everything, to this server."""
        before = forkserver.connect_to_new_process
        forkserver.connect_to_new_process = self.server.connect_to_new_process
        try:
            yield
        finally:
            forkserver.connect_to_new_process = before


def orphaned(process: BaseProcess) -> bool:
    """Whether the fork server of a process has died, which ends all processes that were forked from it."""
    server, pid = _SERVERS[process]
    return server.pid != pid or not server.is_alive()


@contextlib.contextmanager
def _bare_main() -> Iterator[None]:
    """Hide the main module and the command line of pytest, which multiprocessing copies into every new process."""
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
    "pytest_kernelbench.runner.watch",
    "pytest_kernelbench.sandbox.preload",
    "pytest_kernelbench.devices.preload_meta",
    "pytest_kernelbench.devices.stand_in",
)
"""Modules that every runner needs."""

_SINGLE_THREADED = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

_MERGED_MEMORY = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}
"""Has the C library merge every freed block with its neighbours, which `runner.timing` relies on.

It reads this only when a program starts. Otherwise it keeps the ends that are cut off aligned blocks for a thread, and
a block that is freed is too small for the next one of the same size.
"""

INTERPRETING = RunnerForkServer(
    preload=(
        *_COMMON,
        "triton.compiler.code_generator",
        "triton.runtime.interpreter",
        "pytest_kernelbench.devices.interpretation",
        "pytest_kernelbench.devices.semantics",
        "pytest_kernelbench.runner.looking",
    ),
    environment={**_SINGLE_THREADED, **_MERGED_MEMORY, "TRITON_INTERPRET": "1"},
)
"""The fork server of runners on the interpreter and on the CPU."""

COMPILING = RunnerForkServer(
    preload=(
        *_COMMON,
        "pytest_kernelbench.runner.compiling",
        "pytest_kernelbench.devices.cuda",
        "pytest_kernelbench.devices.preload_compiler",
    ),
    environment={**_SINGLE_THREADED, "TRITON_INTERPRET": None},
)
"""The fork server of runners on GPUs and of those that compile for a target."""


def fork_server_for(device: str) -> RunnerForkServer:
    """Return the fork server of the runners on a device."""
    return COMPILING if on_gpu(device) or device.startswith(COMPILE) else INTERPRETING


def _before_fork() -> None:
    # The same order as in a thread that collects evidence and starts a runner for that.
    PROCESS_LOCK.acquire()
    _STARTING.acquire()


def _after_fork() -> None:
    _STARTING.release()
    PROCESS_LOCK.release()


def _in_fork() -> None:
    _after_fork()
    for fork_server in (INTERPRETING, COMPILING):
        fork_server.server.disown()
        fork_server.renew()


# A fork of this process needs its own servers, and must not inherit a lock that another thread holds.
os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_fork)
