"""Every access of an interpreted kernel to memory, as the instruments for addresses and races see it."""

from __future__ import annotations

import functools
import linecache
import os
import sys
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

READ, WRITE, ATOMIC = "reads", "writes", "updates"
"""What an access does; an atomic operation reads and writes."""

MAX_SOURCE = 100
"""Characters of a line of source that a message shows."""

Place = tuple[CodeType, int] | None
"""Where in the source of a kernel something happens: its code and the line."""


@dataclass(slots=True)
class Access:
    """A load, store or atomic operation of one program, with all its lanes."""

    kind: str
    """`READ`, `WRITE` or `ATOMIC`."""
    program: tuple[int, int, int]
    """Ids of the program on the three axes of the grid."""
    time: int
    """Number of the access in its launch."""
    phase: int
    """Number of barriers that the launch had passed."""
    pointers: np.ndarray[Any, Any]
    """Addresses of all lanes."""
    mask: np.ndarray[Any, Any] | None
    """Which lanes are active; None if all are."""
    itemsize: int
    """Bytes that each lane accesses."""
    place: Place
    """Where in the kernel the access is."""
    values: np.ndarray[Any, Any] | None = None
    """What was read or written, of all lanes; None for atomic operations."""
    acquires: bool = False
    """Whether what other programs released before is ordered before what follows."""
    releases: bool = False
    """Whether what precedes is ordered before what follows in programs that acquire."""
    test_and_set: bool = False
    """Whether a scalar integer is written that the program has read: a flag that is set once, whoever comes first."""

    def active(self, lanes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the elements of active lanes, as a flat array."""
        flat: np.ndarray[Any, Any] = lanes[self.mask] if self.mask is not None else lanes.reshape(-1)
        return flat


@dataclass(slots=True)
class Region:
    """Memory that a launch may access: the storage of a tensor."""

    start: int
    """Address of the first byte."""
    end: int
    """Address behind the last byte."""
    name: str
    """Name of the argument, or what is known about the tensor."""
    first: int
    """Address of the tensor's first element."""
    itemsize: int
    """Bytes of an element of the tensor."""
    accesses: list[Access] = field(default_factory=list)
    """Accesses of the current launch in the order of time."""

    def element(self, address: int) -> str:
        """Return the element at an address, counted from the tensor's first one in memory: `x[5]`."""
        return f"{self.name}[{(address - self.first) // self.itemsize}]"


def place_of(frame: FrameType | None) -> Place:
    """Return the innermost place that is outside of Triton and of this package."""
    while frame is not None and _internal(frame.f_code.co_filename):
        frame = frame.f_back
    return (frame.f_code, frame.f_lineno) if frame is not None else None


def shown(place: Place) -> str:
    """Return a place for a message: its line and the source there."""
    if place is None:
        return "(source unknown)"
    code, line = place
    source = " ".join(linecache.getline(code.co_filename, line).split())
    return f"line {line}, `{source[:MAX_SOURCE]}`" if source else f"line {line} of {code.co_name}"


def program_name(program: tuple[int, int, int]) -> str:
    """Return a program for a message; axes of size one are usual, so trailing zeros are left out."""
    return f"program {program[0]}" if not any(program[1:]) else f"program {program}"


@functools.cache
def _internal(filename: str) -> bool:
    """Whether a file belongs to Triton or to this package."""
    roots = (os.path.dirname(sys.modules[name].__file__ or "") for name in ("triton", "pytest_kernelbench"))
    return any(filename.startswith(root + os.sep) for root in roots)
