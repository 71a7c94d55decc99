"""What comes back from a runner, taken apart with suspicion: every size, kind and text is checked before use."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.model.case import ITEMSIZE
from pytest_kernelbench.model.rules import RULES
from pytest_kernelbench.runner.protocol import MOST_OUTPUTS

if TYPE_CHECKING:
    import torch

MOST_TEXT = 4000
"""Characters of a message that are kept."""
MOST_DIMENSIONS = 64
"""Dimensions of a tensor: PyTorch allows no more."""
MOST_COUNTS = 64
"""Things that may be counted in one call."""

LAYOUTS = (
    "strided", "sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc", "jagged", "_mkldnn",
)  # fmt: skip
"""Layouts of tensors that PyTorch has."""

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
    device: str = "cpu"
    """Kind of the device on which it was."""


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
    unready: bool = False
    """Whether whoever reads the result on the stream of the call reads something else."""
    counts: Mapping[str, Any] = field(default_factory=dict)
    operations: Mapping[str, int] = field(default_factory=dict)
    """Elements that each computing ATen operation has touched, where it was audited."""
    seconds: float = 0.0
    observations: tuple[tuple[str, str], ...] = ()
    """What the kernel did beside computing, in words, each with the rule that it breaks or an empty text."""


def plain(header: dict[str, Any]) -> Answer:
    """Return an answer without outputs: the kernel was loaded, or something went wrong."""
    status = header.get("status")
    if status not in ("ok", "load_error", "compile_error", "runtime_error", "unsupported", "crash", "error"):
        return Answer("crash", f"the runner answered with an unknown status: {shown(status, 80)!r}")
    frames = header.get("frames")
    lines = tuple(shown(frame, 300) for frame in frames[:8]) if isinstance(frames, list) else ()
    message, observations = shown(header.get("message"), MOST_TEXT), _observations(header.get("observations"))
    return Answer(status, message, lines, observations=observations)


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


def answer(header: dict[str, Any], body: bytes, arguments: Mapping[str, int]) -> Answer:
    """Return the answer to a call; raises `BadAnswer` where it does not hold together.

    `arguments` has the path of every tensor argument and the bytes of its memory, which the judge knows by itself.
    """
    try:
        return _taken_apart(header, body, arguments)
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError) as error:
        raise BadAnswer(str(error)) from error


def _taken_apart(header: dict[str, Any], body: bytes, arguments: Mapping[str, int]) -> Answer:
    entries, counts, operations = _list(header["outputs"], MOST_OUTPUTS), header["counts"], header.get("operations", {})
    sizes = [_whole(entry.get("bytes", 0)) for entry in entries]
    if header["memory"] != list(arguments.values()):
        raise ValueError("the memory of the arguments is not as large as that of the case's")
    if len(body) != sum(sizes) + sum(arguments.values()):
        raise ValueError(f"{len(body)} bytes for {sum(sizes)} of outputs and {sum(arguments.values())} of arguments")
    if len(header["metadata"]) != len(arguments) or len(counts) > MOST_COUNTS:
        raise ValueError("not as many things were seen as there are")
    blocks = _blocks(memoryview(body), [*sizes, *arguments.values()])
    return Answer(
        "ok",
        outputs=tuple(_output(entry, next(blocks), arguments) for entry in entries),
        memory=tuple(map(bytes, blocks)),
        metadata=tuple([_numbers(shape), _numbers(strides)] for shape, strides in header["metadata"]),
        overwritten=header["overwritten"] is True,
        unready=header["unready"] is True,
        counts={shown(name, 40): value if type(value) is bool else _whole(value) for name, value in counts.items()},
        operations={_line(str(name)): _whole(value) for name, value in list(operations.items())[:MOST_OBSERVATIONS]},
        seconds=_seconds(header["seconds"]),
        observations=_observations(header.get("observations")),
    )


def _blocks(rest: memoryview, sizes: list[int]) -> Iterator[memoryview]:
    for size in sizes:
        yield rest[:size]
        rest = rest[size:]


def _output(entry: dict[str, Any], block: memoryview, arguments: Mapping[str, int]) -> Output:
    if entry["class"] != "Tensor":
        text = shown(entry.get("value"), 200)
        return Output(shown(entry["class"], 80), subclass=entry.get("subclass") is True, value=text)
    dtype, shape, layout, alias = entry["dtype"], tuple(_numbers(entry["shape"])), entry["layout"], entry["alias"]
    if min(shape, default=0) < 0 or layout not in LAYOUTS or (alias is not None and alias not in arguments):
        where = f"layout {shown(layout, 40)!r}, in the memory of {shown(alias, 80)!r}"
        raise ValueError(f"a tensor of shape {list(shape)}, {where}")
    tensor = _tensor(dtype, shape, block) if entry.get("omitted") is not True else None
    same, device = entry.get("same") is True, shown(entry.get("device", "cpu"), 20)
    return Output("Tensor", shown(dtype, 40), shape, layout, alias, same, tensor, device=device)


def _tensor(dtype: str, shape: tuple[int, ...], block: memoryview) -> torch.Tensor:
    import torch

    kind = getattr(torch, dtype)
    if not isinstance(kind, torch.dtype) or len(block) != math.prod(shape) * ITEMSIZE.get(dtype, kind.itemsize):
        raise ValueError(f"{len(block)} bytes for {shown(dtype, 40)}{list(shape)}")
    flat = torch.frombuffer(bytearray(block), dtype=kind) if block else torch.empty(0, dtype=kind)
    return flat.reshape(shape)


def _list(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError(f"no list of at most {most}")
    return value


def _numbers(value: Any) -> list[int]:
    """Return shape or strides: whole numbers that fit into 64 bits."""
    if any(type(each) is not int or abs(each) >= 1 << 63 for each in _list(value, MOST_DIMENSIONS)):
        raise ValueError("a shape or strides that are no numbers")
    return list(value)


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise ValueError("a count that is none")
    return value


def _seconds(value: Any) -> float:
    seconds = float(value)
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{seconds} is no time")
    return seconds


def shown(value: Any, most: int) -> str:
    """Return the start of what should be a text, fit to be printed; what is none is left out."""
    return printable(value[: 4 * most])[:most] if isinstance(value, str) else ""


def printable(text: str) -> str:
    """Return text without escape sequences and control characters: a kernel must not write the terminal."""
    return _CONTROL.sub("", _ESCAPE.sub("", text))
