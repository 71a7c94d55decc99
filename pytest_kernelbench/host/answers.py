"""Validate what a runner responds: every size, type and text is checked before it is used."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.model.case import ITEMSIZE
from pytest_kernelbench.model.printing import visible
from pytest_kernelbench.model.record import MAX_OBSERVATIONS
from pytest_kernelbench.model.rules import RULES
from pytest_kernelbench.wire.protocol import MAX_FRAMES, MAX_LINE, MAX_OUTPUTS, MAX_TEXT, MAX_VIOLATIONS

if TYPE_CHECKING:
    import torch

MAX_DIMENSIONS = 64
"""Largest number of dimensions of a tensor, as in PyTorch."""

MAX_COUNTS = 64
"""Largest number of counts of one call."""

MAX_OPERATIONS = 32
"""ATen operations of one call whose counts are kept."""

MAX_LINES = 100_000
"""Lines of a kernel's file that are told in one response."""

MAX_SECONDS = 1e6
"""Upper bound of any time that a runner reports."""

MAX_VALUE = 40
"""Characters of an invalid value that a message shows."""

STATUSES = ("ok", "load_error", "compile_error", "runtime_error", "refused", "unsupported", "crash", "error")
"""Statuses that a runner may report; all others are the judge's to give."""

LAYOUTS = (
    "strided", "sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc", "jagged", "_mkldnn",
)  # fmt: skip
"""Tensor layouts of PyTorch."""

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Output:
    """One output of a kernel."""

    kind: str
    """Class name; only outputs of class `Tensor` have contents."""
    dtype: str = ""
    shape: tuple[int, ...] = ()
    layout: str = "strided"
    alias: str | None = None
    """Path of the argument whose memory the output shares."""
    same: bool = False
    """Whether the output is that argument itself."""
    tensor: torch.Tensor | None = None
    """A copy on the CPU; None where the output has no contents that could be read."""
    subclass: bool = False
    """Whether the class is derived from `Tensor`."""
    value: str = ""
    """The `repr` of an output that is not a tensor."""
    device: str = "cpu"
    """Type of the device that the output was on."""
    requires_grad: bool = False
    """Whether operations on the output would be recorded for gradients."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A validated response; the fields from `outputs` on are set for calls that returned."""

    status: str
    """One of `STATUSES`."""
    message: str = ""
    frames: tuple[str, ...] = ()
    """The kernel's stack frames, where it raised."""
    within: str = ""
    """The function that raised within a launch, where only the compiler can tell whether the kernel is to blame."""
    outputs: tuple[Output, ...] = ()
    memory: tuple[bytes, ...] = ()
    """All bytes of every tensor argument after the call, guard bands included, in the order of `leaves(case)`."""
    metadata: tuple[Any, ...] = ()
    """Shape and strides of every tensor argument after the call."""
    overwritten: bool = False
    """Whether this call changed the result of the call before it."""
    unready: bool = False
    """Whether reading the result on the caller's stream gave other values than after a synchronisation."""
    counts: Mapping[str, Any] = field(default_factory=dict)
    """Counts of the instruments, as in `devices.instruments.Counts`."""
    operations: Mapping[str, int] = field(default_factory=dict)
    """Elements that each computing ATen operation touched, in an audited call."""
    violations: tuple[str, ...] = ()
    """What launches did that breaks a rule of the language or of memory, in words."""
    seconds: float = 0.0
    """Duration of the call by the runner's clock."""
    lines: frozenset[int] = frozenset()
    """Lines of the kernel's file that ran for the first time in this runner."""
    observations: tuple[tuple[str, str], ...] = ()
    """What the kernel did beside computing: pairs of the rule that it breaks, or an empty text, and a description."""

    @property
    def text(self) -> str:
        """The message, with the kernel's stack frames below it."""
        return "\n".join([self.message, *(f"  {frame}" for frame in self.frames)])


class InconsistentAnswer(Exception):
    """A response contradicts itself or the request."""


def plain(header: dict[str, Any]) -> Answer:
    """Return a response without outputs: the kernel was loaded, or something failed."""
    status = header.get("status")
    if status not in STATUSES:
        return Answer("crash", f"unknown status in a response of the runner: {shown(status, 80)!r}")
    frames = header.get("frames")
    lines = tuple(shown(frame, 300) for frame in frames[:MAX_FRAMES]) if isinstance(frames, list) else ()
    message, observations = shown(header.get("message"), MAX_TEXT), _observations(header.get("observations"))
    within = shown(header.get("within"), 80)
    return Answer(status, message, lines, within, lines=_lines(header), observations=observations)


def answer(header: dict[str, Any], body: bytes, arguments: Mapping[str, int]) -> Answer:
    """Return the response to a call.

    `arguments` gives the bytes of the memory of every tensor argument by its path, computed by the judge itself. Raises
    `InconsistentAnswer`.
    """
    try:
        return _validated(header, body, arguments)
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError) as error:
        raise InconsistentAnswer(shown(str(error), MAX_LINE)) from error


def seconds_of(value: Any) -> float:
    """Return a time that a runner reports; raises `ValueError` unless it is a number of seconds."""
    if type(value) not in (int, float) or not 0 <= value < MAX_SECONDS:
        raise ValueError(f"expected a time in seconds, got {_described(value)}")
    return float(value)


def shown(value: Any, length: int) -> str:
    """Return the first `length` characters of a text, fit to be printed; empty where the value is not a text."""
    return printable(value[: 4 * length])[:length] if isinstance(value, str) else ""


def printable(text: str) -> str:
    """Return a text without escape sequences and control characters; marks of direction and the like are escaped."""
    return visible(_CONTROL.sub("", _ESCAPE.sub("", text)))


def _validated(header: dict[str, Any], body: bytes, arguments: Mapping[str, int]) -> Answer:
    entries, counts, operations = _list(header["outputs"], MAX_OUTPUTS), header["counts"], header.get("operations", {})
    sizes = [_count(entry.get("bytes", 0)) for entry in entries]
    if header["memory"] != list(arguments.values()):
        raise ValueError("the memory of the arguments has other sizes than the case gives it")
    expected = sum(sizes) + sum(arguments.values())
    if len(body) != expected:
        raise ValueError(f"expected {expected} bytes of outputs and arguments, got {len(body)}")
    if len(header["metadata"]) != len(arguments):
        raise ValueError(f"expected shapes and strides of {len(arguments)} arguments, got {len(header['metadata'])}")
    if len(counts) > MAX_COUNTS:
        raise ValueError(f"expected at most {MAX_COUNTS} counts, got {len(counts)}")
    blocks = _blocks(memoryview(body), [*sizes, *arguments.values()])
    return Answer(
        "ok",
        outputs=tuple(_output(entry, next(blocks), arguments) for entry in entries),
        memory=tuple(map(bytes, blocks)),
        metadata=tuple([_integers(shape), _integers(strides)] for shape, strides in header["metadata"]),
        overwritten=header["overwritten"] is True,
        unready=header["unready"] is True,
        counts={shown(name, 40): value if type(value) is bool else _count(value) for name, value in counts.items()},
        operations={_line(str(name)): _count(value) for name, value in list(operations.items())[:MAX_OPERATIONS]},
        violations=_texts(header.get("violations", []), MAX_VIOLATIONS),
        seconds=seconds_of(header["seconds"]),
        lines=_lines(header),
        observations=_observations(header.get("observations")),
    )


def _blocks(rest: memoryview, sizes: list[int]) -> Iterator[memoryview]:
    """Cut the body into blocks of these sizes."""
    for size in sizes:
        yield rest[:size]
        rest = rest[size:]


def _output(entry: dict[str, Any], block: memoryview, arguments: Mapping[str, int]) -> Output:
    if entry["class"] != "Tensor":
        text = shown(entry.get("value"), MAX_LINE)
        return Output(shown(entry["class"], 80), subclass=entry.get("subclass") is True, value=text)
    dtype, shape, layout, alias = entry["dtype"], tuple(_integers(entry["shape"])), entry["layout"], entry["alias"]
    if min(shape, default=0) < 0:
        raise ValueError(f"expected a shape without negative sizes, got {list(shape)}")
    if layout not in LAYOUTS:
        raise ValueError(f"expected a tensor layout, got {_described(layout)}")
    if alias is not None and alias not in arguments:
        raise ValueError(f"expected the path of an argument, got {_described(alias)}")
    tensor = _tensor(dtype, shape, block) if entry.get("omitted") is not True else None
    same, device = entry.get("same") is True, shown(entry.get("device", "cpu"), 20)
    graded = entry.get("requires_grad") is True
    return Output("Tensor", shown(dtype, 40), shape, layout, alias, same, tensor, device=device, requires_grad=graded)


def _tensor(dtype: str, shape: tuple[int, ...], block: memoryview) -> torch.Tensor:
    import torch

    kind = getattr(torch, dtype, None)
    if not isinstance(kind, torch.dtype):
        raise ValueError(f"expected a dtype, got {_described(dtype)}")
    expected = math.prod(shape) * ITEMSIZE.get(dtype, kind.itemsize)
    if len(block) != expected:
        raise ValueError(f"expected {expected} bytes for {dtype}{list(shape)}, got {len(block)}")
    flat = torch.frombuffer(bytearray(block), dtype=kind) if block else torch.empty(0, dtype=kind)
    return flat.reshape(shape)


def _list(value: Any, length: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > length:
        raise ValueError(f"expected a list of at most {length}, got {_described(value)}")
    return value


def _texts(value: Any, count: int) -> tuple[str, ...]:
    """Return a list of texts for messages, each on one line."""
    return tuple(" ".join(shown(text, MAX_TEXT).split()) for text in _list(value, count))


def _integers(value: Any) -> list[int]:
    """Return a shape or strides: integers of 64 bits."""
    for each in _list(value, MAX_DIMENSIONS):
        if type(each) is not int or abs(each) >= 1 << 63:
            raise ValueError(f"expected a shape or strides of integers, got {_described(each)}")
    return list(value)


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise ValueError(f"expected a count, got {_described(value)}")
    return value


def _lines(header: Mapping[str, Any]) -> frozenset[int]:
    """Return the numbers of lines in a response; whatever else is in their place counts as nothing."""
    listed = header.get("lines")
    return (
        frozenset(each for each in listed[:MAX_LINES] if type(each) is int) if isinstance(listed, list) else frozenset()
    )


def _observations(listed: Any) -> tuple[tuple[str, str], ...]:
    pairs = [pair for pair in listed if isinstance(pair, list) and len(pair) == 2] if isinstance(listed, list) else []
    return tuple(
        (rule if rule in RULES else "", _line(text))
        for rule, text in pairs[:MAX_OBSERVATIONS]
        if isinstance(rule, str) and isinstance(text, str)
    )


def _line(text: str) -> str:
    return " ".join(printable(text).split())[:MAX_LINE]


def _described(value: Any) -> str:
    """Describe an invalid value in a message; never recurses into lists and objects, which may nest deeply."""
    if isinstance(value, str):
        return repr(shown(value, MAX_VALUE))
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)[:MAX_VALUE]
    return f"{type(value).__name__} of {len(value)}" if isinstance(value, (list, dict)) else type(value).__name__
