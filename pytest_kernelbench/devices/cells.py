"""Addresses of one region as small numbers, so that arrays can say who accessed what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_kernelbench.devices.accesses import WRITE, Access, Region

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SPARSE = 8
"""Cells per accessed lane from which on the numbers are compressed, such as where rows lie gigabytes apart."""


class Cells:
    """The accesses to a region in cells, which are as long as its shortest access."""

    def __init__(self, region: Region) -> None:
        import numpy as np

        self.region = region
        accesses = region.accesses
        self.size = min(access.itemsize for access in accesses)
        """Bytes of a cell."""
        offsets = [access.active(access.pointers) - np.uint64(region.start) for access in accesses]
        if any(each.size and int(each[0]) % self.size for each in offsets):
            self.size = 1
        numbers = [_spread(each, access, self.size) for each, access in zip(offsets, accesses, strict=True)]
        self._ends = np.cumsum([each.size for each in numbers])
        joined = np.concatenate(numbers).astype(np.int64)
        self._first = int(joined.min())
        joined -= self._first
        self._sparse: Array | None = None
        self.count = int(joined.max()) + 1
        """Number of cells."""
        if self.count > SPARSE * joined.size:
            self._sparse, joined = np.unique(joined, return_inverse=True)
            self.count = int(self._sparse.size)
        self._joined = joined

    def of(self, index: int) -> Array:
        """Return the cells of an access, lane by lane."""
        start = self._ends[index - 1] if index else 0
        cells: Array = self._joined[start : self._ends[index]]
        return cells

    def lanes(self, index: int) -> Array:
        """Return the lane of each cell of an access."""
        import numpy as np

        access = self.region.accesses[index]
        lanes = access.active(np.arange(access.pointers.size).reshape(access.pointers.shape))
        return np.repeat(lanes, max(1, access.itemsize // self.size))

    def content(self, index: int) -> list[Array]:
        """Return the bytes of each cell of an access, first bytes first; an atomic operation has no known content."""
        import numpy as np

        access = self.region.accesses[index]
        if access.values is None:
            # A number of the access itself differs from what any other one stores, most probably.
            return [np.full(self.of(index).shape, access.time * 37 % 251 + 3, np.uint8)] * self.size
        values = np.broadcast_to(access.values, access.pointers.shape)
        data = np.ascontiguousarray(access.active(values)).view(np.uint8).reshape(-1, self.size)
        return [data[:, byte] for byte in range(self.size)]

    def address(self, cell: int) -> int:
        """Return the address of a cell."""
        number = cell if self._sparse is None else int(self._sparse[cell])
        return self.region.start + (number + self._first) * self.size

    def shared(self) -> bool:
        """Whether a cell that a program writes is accessed by another program, too."""
        import numpy as np

        accesses = self.region.accesses
        programs = {program: number for number, program in enumerate({each.program for each in accesses}, 1)}
        if len(programs) == 1:
            return False
        sizes = np.diff(self._ends, prepend=0)
        program = np.repeat(np.array([programs[each.program] for each in accesses], np.int32), sizes)
        written = np.repeat(np.array([each.kind == WRITE for each in accesses]), sizes)
        writer = np.zeros(self.count, np.int32)
        writer[self._joined[written]] = program[written]
        last = writer[self._joined]
        return bool(((last != 0) & (last != program)).any())


def _spread(offsets: Array, access: Access, size: int) -> Array:
    """Return the numbers of all cells that the lanes of an access cover."""
    import numpy as np

    first = offsets // np.uint64(size)
    if access.itemsize == size:
        return first
    return (first[:, None] + np.arange(access.itemsize // size, dtype=np.uint64)).reshape(-1)
