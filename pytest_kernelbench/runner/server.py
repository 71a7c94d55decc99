"""The runner: imports one kernel, answers calls, and is trusted with nothing."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import socket
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from pytest_kernelbench.model.case import Case, decode
from pytest_kernelbench.runner import limits, protocol, sandbox
from pytest_kernelbench.runner.compiling import Compiling
from pytest_kernelbench.runner.drivers import drive
from pytest_kernelbench.runner.materialize import Arguments, materialize, onednn_where_sound, refill
from pytest_kernelbench.runner.observer import Observer
from pytest_kernelbench.runner.timing import OPERATIONS, Workbench
from pytest_kernelbench.runner.workplaces import Workplace, workplace

MOST_REQUEST = 64 << 20
"""Bytes of a request's body: code travels in the header, so there is none today."""

MOST_KEPT = 1 << 18
"""Elements of the largest tensor that is kept until the next call."""

LINGER = 0.2
"""Seconds that threads get which a kernel has left behind."""


class NoEntryPoint(Exception):
    """The kernel's module defines no function of a name that is called."""


def serve(channel: socket.socket, output: Connection, home: str, device: str, confines: dict[str, Any]) -> None:
    """Run as the target of a new process: answer requests on `channel` until it closes.

    What the kernel prints goes to the file behind `output`. `confines` has the limits, and whether there is a sandbox.
    The first message, before any kernel is imported, says which measures of the sandbox failed.
    """
    _redirect(output)
    _close_others(channel.fileno())
    torch.set_num_threads(1)
    try:
        place = workplace(device)
    except Exception as error:
        _decline(channel, error)
        return
    gc.freeze()
    sandboxed = confines.pop("sandbox") != "off"
    limits.apply(Path(home), **confines)
    failed = sandbox.enter(Path(home), device) if sandboxed else {}
    observer = None if device.startswith("compile:") else Observer(home)
    if observer is not None:
        observer.install()
    protocol.send(channel, {"status": "ready", "failed": failed})
    entry: Any = None
    path = ""
    kept = Kept()
    workbench = Workbench(place.timer(), place.home)
    threads = _threads()
    while True:
        try:
            request, _ = protocol.receive(channel, most=MOST_REQUEST)
        except protocol.Closed:
            return
        answer = protocol.Answering(channel, request["number"])
        try:
            if request["op"] == "load":
                path = str(Path(home, request["filename"]))
                entry = _load(request, path, place)
                answer({"status": "ok", **_observed(observer)})
            elif request["op"] == "compile":
                assert isinstance(place, Compiling)
                answer(place.compile(request, entry, path, answer))
            elif request["op"] in OPERATIONS:
                place.tune()
                header, parts = _time(request, entry, workbench)
                answer({**header, **_observed(observer)}, *parts)
            else:
                header, parts = _call(request, entry, place, kept, threads)
                answer({**header, **_observed(observer)}, *parts)
        except BaseException as error:  # whatever a kernel raises is data, exits and skips included
            answer({**place.describe(error, path), **_observed(observer)})


def _decline(channel: socket.socket, error: Exception) -> None:
    """Answer the first request with the reason why there is no runner: no kernel is to blame for it."""
    with contextlib.suppress(protocol.ProtocolError, protocol.Closed):
        protocol.send(channel, {"status": "ready", "failed": {}})
        request, _ = protocol.receive(channel, most=MOST_REQUEST)
        answer = protocol.Answering(channel, request["number"])
        answer({"status": "error", "message": f"{type(error).__name__}: {error}"})


def _observed(observer: Observer | None) -> dict[str, Any]:
    return {"observations": observer.take()} if observer is not None else {}


def _redirect(output: Connection) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    output.close()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    faulthandler.enable(file=2)


def _close_others(channel: int) -> None:
    """Close what was inherited: descriptors of the fork server, through which a kernel could end all runners."""
    for number in map(int, os.listdir("/proc/self/fd")):
        if number > 2 and number != channel:
            with contextlib.suppress(OSError):
                os.close(number)


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))


class Kept:
    """The last result, to see whether a later call changes it: a kernel must not hand out the same memory twice."""

    def __init__(self) -> None:
        self._last: list[tuple[torch.Tensor, bytes]] = []

    def changed(self) -> bool:
        """Whether the last result is no longer what it was."""
        return any(_bytes(tensor) != block for tensor, block in self._last)

    def keep(self, result: Any) -> None:
        """Take a result in place of the last one."""
        self._last = [(tensor, _bytes(tensor)) for tensor in _plain(result) if tensor.numel() < MOST_KEPT]


def _bytes(tensor: torch.Tensor) -> bytes:
    """Return the elements of a strided tensor as bytes, in the order of its dimensions."""
    # A copy, because one element is contiguous whatever its stride, and cannot be viewed as bytes.
    dense = tensor.detach().resolve_conj().resolve_neg().cpu().clone(memory_format=torch.contiguous_format)
    return bytes(dense.reshape(-1).view(torch.uint8).numpy().tobytes()) if dense.numel() else b""


def _load(request: dict[str, Any], path: str, place: Workplace) -> Any:
    """Import the kernel's code as a module and return its entry point."""
    Path(path).write_text(request["code"], encoding="utf-8")
    sys.argv[:] = [path]
    module = ModuleType(f"kernel_{Path(path).stem}")
    module.__file__ = path
    sys.modules[module.__name__] = module
    code = compile(request["code"], path, "exec")
    with place.mode():
        exec(code, module.__dict__)
    for name in request["entries"]:
        if callable(entry := getattr(module, name, None)):
            return entry
    names = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
    raise NoEntryPoint(f"no function {' or '.join(request['entries'])}; the file defines {', '.join(names) or 'none'}")


def _call(
    request: dict[str, Any], entry: Any, place: Workplace, kept: Kept, threads: int
) -> tuple[dict[str, Any], list[bytes]]:
    """Call the entry point on a case; with `rewrite`, again on new contents of the same memory.

    Where more than `threads` threads are left, those get a moment: what they still write belongs to the answer.
    """
    case: Case = decode(request["case"])
    arguments = materialize(case, place.home)
    parameters = [(name, kind) for name, kind in request["parameters"]]
    use = lambda: drive(request["driver"], entry, parameters, arguments.values)  # noqa: E731
    started = time.perf_counter()
    with onednn_where_sound(case):
        result = place.run(request["variant"], use)
        if request.get("rewrite"):
            refill(arguments, decode(request["rewrite"]))
            result = place.run(request["variant"], use)
    unready = place.settle(_plain(result))
    seconds = time.perf_counter() - started
    waited = time.perf_counter() + LINGER
    while _threads() > threads and time.perf_counter() < waited:
        time.sleep(0.005)
    overwritten = kept.changed()
    kept.keep(result)
    header, parts = _whole(result, arguments, request["most"])
    seen = {"overwritten": overwritten, "unready": unready, "seconds": seconds}
    return {**header, **seen, "counts": place.counts(), "operations": place.operations()}, parts


def _time(request: dict[str, Any], entry: Any, workbench: Workbench) -> tuple[dict[str, Any], list[bytes]]:
    """Answer a request of the judge of speed."""
    if request["op"] == "prepare":
        return workbench.prepare(request, entry), []
    if request["op"] == "batch":
        return workbench.batch(request), []
    if request["op"] == "rewrite":
        return workbench.rewrite(request), []
    return _whole(*workbench.last(), request["most"])


def _whole(result: Any, arguments: Arguments, most: int) -> tuple[dict[str, Any], list[bytes]]:
    """Describe what a call returned and how it left its arguments, with the bytes of both."""
    outputs, parts = _outputs(result, arguments, most)
    memory = [made.snapshot() for made in arguments.made]
    header = {
        "status": "ok",
        "outputs": outputs,
        "memory": [len(block) for block in memory],
        "metadata": [[list(made.tensor.shape), list(made.tensor.stride())] for made in arguments.made],
        "overwritten": False,
        "unready": False,
        "seconds": 0.0,
        "counts": {},
        "operations": {},
    }
    return header, [*parts, *memory]


def _outputs(result: Any, arguments: Arguments, most: int) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Describe every output and give the bytes of those that are plain tensors, as long as they are under the cap."""
    described: list[dict[str, Any]] = []
    parts: list[bytes] = []
    for value in _flatten(result)[: protocol.MOST_OUTPUTS]:
        if type(value) not in (torch.Tensor, torch.nn.Parameter):
            kind, derived = type(value).__name__, isinstance(value, torch.Tensor)
            described.append({"class": kind, "subclass": derived, "value": repr(value)[:200]})
            continue
        size = value.numel() * value.element_size()
        entry: dict[str, Any] = {
            "class": "Tensor",
            "dtype": str(value.dtype).removeprefix("torch."),
            "shape": list(value.shape),
            "layout": str(value.layout).removeprefix("torch."),
            "device": value.device.type,
            **_alias(value, arguments),
        }
        most -= size
        if most < 0 or value.layout != torch.strided:
            described.append({**entry, "bytes": 0, "omitted": True})
            continue
        block = _bytes(value)
        described.append({**entry, "bytes": len(block)})
        parts.append(block)
    return described, parts


def _flatten(result: Any) -> list[Any]:
    if isinstance(result, (tuple, list)):
        return [leaf for item in result for leaf in _flatten(item)]
    return [result]


def _plain(result: Any) -> list[torch.Tensor]:
    """Return the tensors of a result whose elements can be read."""
    return [leaf for leaf in _flatten(result) if type(leaf) is torch.Tensor and leaf.layout == torch.strided]


def _alias(value: torch.Tensor, arguments: Arguments) -> dict[str, Any]:
    """Say which argument's memory an output lies in, and whether it is that very tensor."""
    pointer = value.untyped_storage().data_ptr()
    for made in arguments.made:
        if value.numel() and made.holds(pointer):
            same = value.data_ptr() == made.tensor.data_ptr() and value.stride() == made.tensor.stride()
            return {"alias": made.path, "same": same and value.shape == made.tensor.shape}
        if value is made.tensor:
            return {"alias": made.path, "same": True}
    return {"alias": None, "same": False}
