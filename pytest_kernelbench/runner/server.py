"""The main function of a runner: confine the process, import one kernel, respond to the judge's requests."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import io
import multiprocessing
import os
import socket
import sys
import threading
import time
import tokenize
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.case_codec import decode
from pytest_kernelbench.runner import compiled_files
from pytest_kernelbench.runner.environments import CompileOnly, ExecutionEnvironment, Interpreted, environment_for
from pytest_kernelbench.runner.errors import own
from pytest_kernelbench.runner.gradients import differentiated
from pytest_kernelbench.runner.importing import import_named
from pytest_kernelbench.runner.observer import Observer
from pytest_kernelbench.runner.refusing import refuses
from pytest_kernelbench.runner.results import LastResult, described, readable
from pytest_kernelbench.runner.timing import OPERATIONS, Workbench
from pytest_kernelbench.sandbox import limits, policy
from pytest_kernelbench.wire import protocol
from pytest_kernelbench.wire.calling_conventions import invoke
from pytest_kernelbench.wire.conditions import CallConditions
from pytest_kernelbench.wire.device_names import COMPILE, on_gpu
from pytest_kernelbench.wire.materialize import materialize, onednn_where_sound, refill
from pytest_kernelbench.wire.modules import CLASS, ModuleEntry

MAX_REQUEST = 64 << 20
"""Bytes of the largest request body."""

LINGER = 0.2
"""Seconds that a call waits for threads that the kernel has left running."""


class NoEntryPoint(Exception):
    """The kernel's module defines none of the functions that a task may call."""


def serve(channel: socket.socket, output: Connection, home: str, device: str, confinement: dict[str, Any]) -> None:
    """Run a runner until its channel closes; this is the target of a new process.

    `output` is the file for what the kernel prints, `home` the one folder that it may write to. `confinement` has the
    arguments of `sandbox.limits.apply` and the mode of the sandbox. The first message, before any code of the kernel
    runs, lists the measures of the sandbox that failed.
    """
    _redirect(output)
    _close_inherited(channel.fileno())
    torch.set_num_threads(1)
    try:
        environment = environment_for(device)
    except Exception as error:
        _decline(channel, error)
        return
    gc.freeze()
    sandboxed = confinement.pop("sandbox") != "off"
    origin, paths = confinement.pop("origin"), confinement.pop("paths")
    own = origin["roots"] if origin is not None else []
    sys.path += paths
    enclosed = limits.apply(Path(home), **confinement)
    entered = (
        policy.enter(Path(home), gpu=on_gpu(device), listen=True, readable=[*own, *paths])
        if sandboxed
        else policy.Entered()
    )
    _report(channel, entered, enclosed=enclosed)
    _allow_locks()
    # What is imported for a kernel must not look like a kernel that writes files.
    sys.dont_write_bytecode = True
    observer = None if device.startswith(COMPILE) else Observer(home, [*own, *paths])
    if observer is not None:
        observer.install()
    server = _Server(environment, observer, Path(home), origin)
    while True:
        try:
            request, body = protocol.receive(channel, max_bytes=MAX_REQUEST)
        except protocol.Closed:
            return
        server.respond(request, protocol.Responder(channel, request["number"]), body)


class _Server:
    """One kernel, and what is kept between the requests about it."""

    def __init__(
        self, environment: ExecutionEnvironment, observer: Observer | None, home: Path, origin: dict[str, Any] | None
    ) -> None:
        """`origin` says where a named kernel is imported from; None where the judge sends its code."""
        self.environment = environment
        self.origin = origin
        self.observer, self.home = observer, home
        self.compiled = compiled_files.CompiledFiles(home)
        self.path = ""
        """File of the kernel."""
        self.entry: Any = None
        """The kernel's entry point, once it is loaded."""
        self.last = LastResult()
        self.workbench = Workbench(environment.timer(), environment.tensor_device)
        self.threads = _thread_count()
        """Threads of this process before the kernel was loaded."""

    def respond(self, request: dict[str, Any], responder: protocol.Responder, body: bytes = b"") -> None:
        """Respond to one request."""
        try:
            if request["op"] in compiled_files.OPERATIONS:
                return responder(*self.compiled.respond(request, body))
            with self.environment.pausing(responder if request.get("pauses") else None):
                header, parts = self._response(request, responder)
            responder({**header, **self._observed()}, *parts)
        except BaseException as error:  # whatever a kernel raises is data, exits and skips included
            header = self.environment.describe(error, self.path)
            if request["op"] == "call" and header["status"] == "runtime_error" and "within" not in header:
                launches = self.environment.counts().get("launches", 0)
                if refuses(error, lambda file: own(file, self.path), launches):
                    header["status"] = "refused"
            responder({**header, **self._observed()})

    def _observed(self) -> dict[str, Any]:
        lines = {"lines": ran} if (ran := self.environment.ran()) else {}
        return {"observations": self.observer.take(), **lines} if self.observer is not None else lines

    def _response(self, request: dict[str, Any], responder: protocol.Responder) -> tuple[dict[str, Any], list[bytes]]:
        if request["op"] == "load":
            self.path = str(self.home / request["filename"]) if self.origin is None else self.origin["file"]
            self.entry = _load(request, self.path, self.environment, self.origin)
            return {"status": "ok"}, []
        if request["op"] == "compile":
            assert isinstance(self.environment, CompileOnly)
            return self.environment.compile(request, self.entry, self.path, responder), []
        if request["op"] == "look":
            assert isinstance(self.environment, Interpreted)
            return self.environment.look(request, self.entry, self.path), []
        if request["op"] in OPERATIONS:
            self.environment.tune()
            return self.workbench.respond(request, self.entry)
        return call(request, self.entry, self.environment, self.last, self.threads)


def call(
    request: dict[str, Any], entry: Any, environment: ExecutionEnvironment, last: LastResult, threads: int
) -> tuple[dict[str, Any], list[bytes]]:
    """Call the entry point on a case, and with `rewrite` again on new contents of the same memory.

    Returns the header and the parts of the response. Where the call leaves more than `threads` threads running, those
    get `LINGER` seconds to finish, so that what they write late is part of the response.
    """
    case: Case = decode(request["case"])
    arguments = materialize(case, environment.tensor_device, None, environment.generator_device)
    parameters = [(name, kind) for name, kind in request["parameters"]]
    conditions = CallConditions(**request["conditions"])
    values = arguments.passed(conditions.out_is)
    if isinstance(entry, ModuleEntry):  # its construction is no part of a call
        with environment.mode():
            entry.prepare(values)
    use = lambda: invoke(request["convention"], entry, parameters, values)  # noqa: E731
    if conditions.differentiate:
        call_on = lambda given: invoke(request["convention"], entry, parameters, given)  # noqa: E731
        use = lambda: differentiated(call_on, values, conditions)  # noqa: E731
    rewrite: Case | None = decode(request["rewrite"]) if request.get("rewrite") else None
    started = time.perf_counter()
    with onednn_where_sound(case), environment.watching(arguments, rewrite):
        result = environment.run(conditions, use)
        if rewrite is not None and not conditions.swap_at_launch:
            refill(arguments, rewrite)
            result = environment.run(conditions, use)
    unready = environment.settle(readable(result))
    seconds = time.perf_counter() - started
    deadline = time.perf_counter() + LINGER
    while _thread_count() > threads and time.perf_counter() < deadline:
        time.sleep(0.005)
    overwritten = last.changed()
    last.keep(result)
    header, parts = described(result, arguments, request["max_bytes"])
    seen = {"overwritten": overwritten, "unready": unready, "seconds": seconds}
    instruments = {"counts": environment.counts(), "operations": environment.operations()}
    return {**header, **seen, **instruments, "violations": environment.violations()}, parts


def _report(channel: socket.socket, entered: policy.Entered, *, enclosed: bool) -> None:
    """Tell the judge how this process is confined, and hand over the listener, which no kernel may have.

    Nothing comes between confinement and this: until the judge has the listener, a refused call would wait for ever.
    """
    listens = entered.listener is not None
    protocol.send(channel, {"status": "ready", "failed": entered.failed, "enclosed": enclosed, "listens": listens})
    if entered.listener is not None:
        socket.send_fds(channel, [b"\n"], [entered.listener])
        os.close(entered.listener)


def _decline(channel: socket.socket, error: Exception) -> None:
    """Respond to the first request that this device cannot be used: an error of the machine, not of the kernel."""
    with contextlib.suppress(protocol.ProtocolError, protocol.Closed):
        protocol.send(channel, {"status": "ready", "failed": {}, "enclosed": False, "listens": False})
        request, _ = protocol.receive(channel, max_bytes=MAX_REQUEST)
        responder = protocol.Responder(channel, request["number"])
        responder({"status": "error", "message": f"{type(error).__name__}: {error}"})


def _redirect(output: Connection) -> None:
    """Send standard output and error to a file, and read standard input from nothing."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    output.close()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    faulthandler.enable(file=2)


def _close_inherited(channel: int) -> None:
    """Close inherited file descriptors: through those of the fork server, a kernel could end all runners."""
    for number in map(int, os.listdir("/proc/self/fd")):
        if number > 2 and number != channel:
            with contextlib.suppress(OSError):
                os.close(number)
    # A lock made by the start method of fork servers would be registered through one of them.
    multiprocessing.set_start_method("fork", force=True)


def _allow_locks() -> None:
    """Let kernels make locks for several processes where the sandbox has no memory to share: this is the only one."""
    try:
        multiprocessing.Lock()
    except OSError:
        setattr(multiprocessing, "Lock", threading.Lock)  # noqa: B010
        setattr(multiprocessing, "RLock", threading.RLock)  # noqa: B010


def _thread_count() -> int:
    return len(os.listdir("/proc/self/task"))


def _write_helpers(home: Path, helpers: Mapping[str, str]) -> None:
    """Write the modules that a kernel may import into its folder."""
    for name, code in helpers.items():
        file = home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(code.encode("utf-8", "surrogateescape"))
    if helpers:
        sys.path.insert(0, str(home))


def _load(request: dict[str, Any], path: str, environment: ExecutionEnvironment, origin: dict[str, Any] | None) -> Any:
    """Import the kernel's code as a module and return its entry point."""
    if origin is None:
        module = _written(request, path, environment)
    else:
        sys.argv[:] = [path]
        code = compile(request["code"], path, "exec", dont_inherit=True)
        with environment.loading(code, path):
            module = import_named(origin, code)
    for name in request["entries"]:
        if callable(entry := getattr(module, name, None)):
            return ModuleEntry(entry, environment.tensor_device) if name == CLASS else entry
    names = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
    raise NoEntryPoint(f"no function {' or '.join(request['entries'])}; the file defines {', '.join(names) or 'none'}")


def _written(request: dict[str, Any], path: str, environment: ExecutionEnvironment) -> ModuleType:
    """Write the kernel's code, which the judge sent, to its folder, and import it from there."""
    _write_helpers(Path(path).parent, request["helpers"])
    # Python and Triton read the source again, by its coding line if it has one.
    encoding, _ = tokenize.detect_encoding(io.BytesIO(request["code"].encode(errors="replace")).readline)
    Path(path).write_text(request["code"], encoding=encoding, errors="replace")
    sys.argv[:] = [path]
    module = ModuleType(f"kernel_{Path(path).stem}")
    module.__file__ = path
    sys.modules[module.__name__] = module
    # Without the `from __future__ import annotations` of this module, under which unknown names in annotations pass.
    code = compile(request["code"], path, "exec", dont_inherit=True)
    with environment.loading(code, path):
        exec(code, module.__dict__)
    return module
