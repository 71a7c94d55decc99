"""What comes back from a runner, taken apart with suspicion: every size, kind and text is checked before use."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.model.case import ITEMSIZE
from pytest_kernelbench.model.rules import RULES

if TYPE_CHECKING:
    import torch

MOST_TEXT = 4000
"""Characters of a message that are kept."""

MOST_OBSERVATIONS = 32
"""Observations and operations of one answer that are kept, each of at most 200 characters."""

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Output:
    """One output of a kernel: its tensor on the CPU, or what it was instead."""

    kind: str
    """Class name; only `Tensor` comes with contents."""
    dtype: str = ""
    shape: tuple[int, ...] = ()
    layout: str = "strided"
    alias: str | None = None
    """Path of the argument in whose memory it lies."""
    same: bool = False
    """Whether it is that very argument."""
    tensor: torch.Tensor | None = None
    subclass: bool = False
    """Whether it is of a class derived from Tensor."""
    value: str = ""
    """Text of what is no tensor."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from a request: a status, and of a call that returned everything that was seen."""

    status: str
    message: str = ""
    frames: tuple[str, ...] = ()
    outputs: tuple[Output, ...] = ()
    memory: tuple[bytes, ...] = ()
    """All bytes of every tensor argument afterwards, guard bands included, in the order of `leaves(case)`."""
    metadata: tuple[Any, ...] = ()
    """Shape and strides of every tensor argument afterwards."""
    overwritten: bool = False
    """Whether the result of the call before was changed by this one."""
    counts: Mapping[str, Any] = field(default_factory=dict)
    operations: Mapping[str, int] = field(default_factory=dict)
    """Elements that each computing ATen operation has touched, where it was audited."""
    seconds: float = 0.0
    observations: tuple[tuple[str, str], ...] = ()
    """What the kernel did beside computing, in words, each with the rule that it breaks or an empty text."""


def plain(header: dict[str, Any]) -> Answer:
    """Return an answer without outputs: the kernel was loaded, or something went wrong."""
    status = header.get("status")
    if status not in ("ok", "load_error", "runtime_error", "unsupported", "crash"):
        return Answer("crash", f"the runner answered with an unknown status: {printable(str(status))[:80]!r}")
    frames = header.get("frames")
    shown = tuple(printable(str(frame))[:300] for frame in frames[:8]) if isinstance(frames, list) else ()
    message = printable(str(header.get("message", "")))[:MOST_TEXT]
    return Answer(status, message, shown, observations=_observations(header.get("observations")))


def _observations(listed: Any) -> tuple[tuple[str, str], ...]:
    pairs = [pair for pair in listed if isinstance(pair, list) and len(pair) == 2] if isinstance(listed, list) else []
    return tuple(
        (rule if rule in RULES else "", _line(text))
        for rule, text in pairs[:MOST_OBSERVATIONS]
        if isinstance(rule, str) and isinstance(text, str)
    )


def _line(text: str) -> str:
    return " ".join(printable(text).split())[:200]


class BadAnswer(Exception):
    """An answer does not hold together."""


def answer(header: dict[str, Any], body: bytes) -> Answer:
    """Return the answer to a call; raises `BadAnswer` where it does not hold together."""
    try:
        return _taken_apart(header, body)
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError) as error:
        raise BadAnswer(str(error)) from error


def _taken_apart(header: dict[str, Any], body: bytes) -> Answer:
    rest = memoryview(body)
    outputs = []
    for entry in header["outputs"][:64]:
        size = int(entry.get("bytes", 0))
        outputs.append(_output(entry, bytes(rest[:size])))
        rest = rest[size:]
    memory = []
    for size in header["memory"]:
        memory.append(bytes(rest[: int(size)]))
        rest = rest[int(size) :]
    counts = {str(name): _whole(value) for name, value in header["counts"].items()}
    operations = header.get("operations", {})
    return Answer(
        "ok",
        outputs=tuple(outputs),
        memory=tuple(memory),
        metadata=tuple(header["metadata"]),
        overwritten=header["overwritten"] is True,
        counts=counts,
        operations={_line(str(name)): _whole(value) for name, value in list(operations.items())[:MOST_OBSERVATIONS]},
        seconds=float(header["seconds"]),
        observations=_observations(header.get("observations")),
    )


def _output(entry: dict[str, Any], block: bytes) -> Output:
    import torch

    if entry["class"] != "Tensor":
        text = printable(str(entry.get("value", "")))[:200]
        return Output(printable(str(entry["class"]))[:80], subclass=entry.get("subclass") is True, value=text)
    dtype, shape = str(entry["dtype"]), tuple(int(size) for size in entry["shape"])
    tensor = None
    if not entry.get("omitted"):
        kind = getattr(torch, dtype)
        if len(block) != math.prod(shape) * ITEMSIZE.get(dtype, kind.itemsize):
            raise ValueError(f"{len(block)} bytes for {dtype}{list(shape)}")
        flat = torch.frombuffer(bytearray(block), dtype=kind) if block else torch.empty(0, dtype=kind)
        tensor = flat.reshape(shape)
    alias = entry.get("alias")
    where = None if alias is None else str(alias)
    same = entry.get("same") is True
    return Output("Tensor", dtype, shape, str(entry["layout"]), where, same, tensor)


def _whole(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no count")
    return int(value)


def printable(text: str) -> str:
    """Return text without escape sequences and control characters: a kernel must not write the terminal."""
    return _CONTROL.sub("", _ESCAPE.sub("", text))
