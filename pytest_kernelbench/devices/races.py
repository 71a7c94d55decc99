"""Find races of a launch: accesses whose order depends on how a GPU schedules programs and threads.

An address that one program writes without an atomic operation, and that another program reads or writes, is a race
unless an atomic operation orders the two. So is a load of what another thread of the same program has stored, without a
barrier between the two. Not a race is what no schedule can show: programs that write the same value, and a flag that
programs set after having read it. Where any of several values may stay, stores of whole elements do not race with each
other either; that each outcome is right shows in the results, under several orders of the programs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.devices.accesses import READ, WRITE, Access, Region, program_name, shown
from pytest_kernelbench.devices.cells import Cells
from pytest_kernelbench.devices.happens_before import HappensBefore

if TYPE_CHECKING:
    import numpy as np

SAME_THREAD = 128
"""Lanes whose numbers differ by a multiple of this can be of one thread in the layouts that compilers choose."""


def found(
    regions: Sequence[Region], synchronising: Sequence[Access], warps: int | None, any_may_win: bool = False
) -> Iterator[str]:
    """Yield each race of a launch in words.

    `regions` have the accesses of the launch, `synchronising` are its atomic operations that acquire or release.
    `warps` is the number of warps of a program if it is known: the threads of one warp run together. `any_may_win` says
    whether programs may store different values in one element.
    """
    before: HappensBefore | None = None
    for region in regions:
        if not any(access.kind == WRITE for access in region.accesses):
            continue
        cells = Cells(region)
        if cells.shared():
            before = before or HappensBefore(synchronising)
            yield from _Scan(cells, before, any_may_win).races()
        if warps != 1:
            yield from _between_threads(cells)


class _Scan:
    """Goes through the accesses to one region in the order of time, and remembers who wrote and read each cell."""

    def __init__(self, cells: Cells, before: HappensBefore, any_may_win: bool) -> None:
        import numpy as np

        self.cells = cells
        self.before = before
        self.accesses = cells.region.accesses
        # Numbers of accesses, counted from 1; 0 stands for none. Two readers of different programs are enough: for any
        # program that writes, one of them is another program.
        self.writer, self.reader, self.other = (np.zeros(cells.count, np.int32) for _ in range(3))
        self.content: list[np.ndarray[Any, Any]] = [np.zeros(cells.count, np.uint8) for _ in range(cells.size)]
        programs = {program: number for number, program in enumerate({each.program for each in self.accesses}, 1)}
        self.program_of = np.array([0, *(programs[each.program] for each in self.accesses)], np.int32)
        # Stores of different widths could leave a mixture of both values.
        whole = all(each.itemsize == cells.size for each in self.accesses if each.kind == WRITE)
        self.any_may_win = any_may_win and whole

    def races(self) -> Iterator[str]:
        for number, access in enumerate(self.accesses, 1):
            where = self.cells.of(number - 1)
            if access.kind == WRITE:
                content = self.cells.content(number - 1)
                yield from self._write(number, access, where, content)
                self.writer[where] = number
                for stored, new in zip(self.content, content, strict=True):
                    stored[where] = new
            else:
                yield from self._conflicts(number, access, where, self.writer[where])
                self._note_reader(number, where)

    def _write(self, number: int, access: Access, where: Any, content: Sequence[Any]) -> Iterator[str]:
        """Yield the races of a store with what came before it."""
        access.test_and_set = self._tested(number, access, where)
        if not self.any_may_win:
            changed = self._changed(where, content)
            yield from self._conflicts(number, access, where, self.writer[where], changed)
        if not access.test_and_set:
            for readers in (self.reader[where], self.other[where]):
                yield from self._conflicts(number, access, where, readers, self._noticed(readers, where, content))

    def _tested(self, number: int, access: Access, where: Any) -> bool:
        """Whether a store sets a scalar integer that its program has read before."""
        if access.pointers.size > 1 or access.values is None or access.values.dtype.kind not in "iub":
            return False
        mine = self.program_of[number]
        return bool(
            ((self.program_of[self.reader[where]] == mine) | (self.program_of[self.other[where]] == mine)).all()
        )

    def _changed(self, where: Any, content: Sequence[Any]) -> Any:
        """Return where a store changes what an earlier one has stored."""
        import numpy as np

        changed = np.zeros(where.shape, bool)
        for stored, new in zip(self.content, content, strict=True):
            changed |= stored[where] != new
        return changed

    def _noticed(self, readers: Any, where: Any, content: Sequence[Any]) -> Any:
        """Return where the readers of cells would read another value after a store of this content."""
        import numpy as np

        noticed = np.ones(where.shape, bool)
        for number in np.unique(readers):
            if number and self.accesses[number - 1].kind == READ:
                noticed &= (readers != number) | ~self._same(number - 1, where, content)
        return noticed

    def _same(self, index: int, where: Any, content: Sequence[Any]) -> Any:
        """Return where a load has read this content."""
        import numpy as np

        same, cells = np.ones(where.shape, bool), self.cells.of(index)
        order = np.argsort(cells, kind="stable")
        place = order[np.minimum(np.searchsorted(cells, where, sorter=order), cells.size - 1)]
        for read, new in zip(self.cells.content(index), content, strict=True):
            same &= read[place] == new
        return same

    def _conflicts(self, number: int, access: Access, where: Any, earlier: Any, counts: Any = True) -> Iterator[str]:
        """Yield a race with the first of the `earlier` accesses that another program made and nothing orders."""
        import numpy as np

        others = (earlier != 0) & (self.program_of[earlier] != self.program_of[number]) & counts
        if not others.any():
            return
        for index in np.unique(earlier[others]):
            first = self.accesses[index - 1]
            if not self.before(first, access) and not _reads_flag(first, access):
                cell = int(where[others & (earlier == index)][0])
                yield self._described(first, access, cell)
                return

    def _described(self, first: Access, second: Access, cell: int) -> str:
        element = self.cells.region.element(self.cells.address(cell))
        return (
            f"{program_name(second.program)} {second.kind} {element} in {shown(second.place)}, "
            f"{program_name(first.program)} {first.kind} it in {shown(first.place)}, "
            "and no atomic operation orders the two"
        )

    def _note_reader(self, number: int, where: Any) -> None:
        """Keep the last reader of each cell, and the last one of another program."""
        mine = self.program_of[self.reader[where]] == self.program_of[number]
        self.other[where[~mine]] = self.reader[where[~mine]]
        self.reader[where] = number


def _reads_flag(first: Access, access: Access) -> bool:
    """Whether a scalar load reads a flag that an earlier store has set after reading it."""
    return first.test_and_set and access.kind == READ and access.pointers.size == 1


def _between_threads(cells: Cells) -> Iterator[str]:
    """Yield the first race of each program between its own threads: a load of what another lane has stored."""
    import numpy as np

    stored: set[tuple[Any, int]] = set()
    suspects: list[tuple[Any, int]] = []
    for access in cells.region.accesses:
        key = access.program, access.phase
        if access.kind == WRITE:
            stored.add(key)
        elif access.kind == READ and key in stored and key not in suspects:
            suspects.append(key)
    writer = np.zeros(cells.count, np.int32)
    lane_of = np.zeros(cells.count, np.int64)
    for program, phase in suspects:
        writer[:] = 0
        for index, access in enumerate(cells.region.accesses):
            if (access.program, access.phase) != (program, phase):
                continue
            where, lanes = cells.of(index), cells.lanes(index)
            if access.kind == WRITE:
                writer[where], lane_of[where] = index + 1, lanes
                continue
            apart = (writer[where] != 0) & ((lanes - lane_of[where]) % SAME_THREAD != 0)
            if apart.any():
                yield _between(cells, access, int(where[apart][0]), int(lanes[apart][0]), writer, lane_of)
                return


def _between(cells: Cells, access: Access, cell: int, lane: int, writer: Any, lane_of: Any) -> str:
    first = cells.region.accesses[writer[cell] - 1]
    return (
        f"in {program_name(access.program)}, lane {lane} reads {cells.region.element(cells.address(cell))} in "
        f"{shown(access.place)}, which lane {lane_of[cell]} stores in {shown(first.place)}, without a barrier between"
    )
