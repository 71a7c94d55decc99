"""Fork servers: one for each way in which Triton must be imported.

`triton.language` decides at its import, for good, whether its own functions are compiled or interpreted. So there is a
fork server whose Triton interprets and another whose Triton compiles; each is started when its first runner is.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import forkserver, get_context
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any

INHERITED = ("PATH", "PYTHON", "VIRTUAL_ENV", "LD_", "LC_", "LANG", "TZ", "MALLOC_", "OMP_", "GOMP_", "KMP_", "MKL_",
             "DNNL_", "ATEN_", "TORCH", "TRITON_", "CUDA_", "NVIDIA_", "HIP_", "ROCR_", "HSA_")  # fmt: skip
"""What the names of variables begin with that Python, torch, Triton and their libraries read as they start."""

_STARTING = threading.Lock()


@dataclass(eq=False)
class Nursery:
    """A fork server, what it imports, and the environment that it imports it in."""

    preload: Sequence[str]
    environment: Mapping[str, str | None]
    """Variables that are set, or with None unset, while the server starts."""
    server: forkserver.ForkServer = field(default_factory=forkserver.ForkServer)

    def start(self, target: Callable[..., None], arguments: tuple[Any, ...]) -> BaseProcess:
        """Return a new process of this server that runs `target(*arguments)`."""
        with _STARTING, _bare_main(), self._environment(), self._connected():
            self.server.set_forkserver_preload(list(self.preload))
            process = get_context("forkserver").Process(target=target, args=arguments, daemon=True)
            process.start()
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
    "pytest_kernelbench.runner.warm_sandbox",
    "pytest_kernelbench.devices.stand_in",
)
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

INTERPRETING = Nursery(
    preload=(
        *_COMMON,
        "triton.runtime.interpreter",
        "pytest_kernelbench.runner.audit",
        "pytest_kernelbench.devices.bfloat16",
        "pytest_kernelbench.devices.interpreter",
        "pytest_kernelbench.devices.loops",
    ),
    environment={**_ONE_THREAD, "TRITON_INTERPRET": "1"},
)
COMPILING = Nursery(
    preload=(*_COMMON, "pytest_kernelbench.runner.compiling", "pytest_kernelbench.devices.warm_compiler"),
    environment={**_ONE_THREAD, "TRITON_INTERPRET": None},
)
