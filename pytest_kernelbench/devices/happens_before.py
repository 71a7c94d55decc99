"""What orders the accesses of two programs of a launch: atomic operations on the same address."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Sequence

from pytest_kernelbench.devices.accesses import Access

Program = tuple[int, int, int]


class HappensBefore:
    """Answers whether an access precedes another one in every order in which programs can run.

    An atomic operation that acquires is ordered after each earlier one on the same address that releases, as it was in
    this run. The order of two operations of one program is that of the program.
    """

    def __init__(self, synchronising: Sequence[Access]) -> None:
        """`synchronising` are all atomic operations of the launch that acquire or release, in the order of time."""
        self._releases: dict[int, list[tuple[int, Program]]] = defaultdict(list)
        self._acquires: dict[Program, list[tuple[int, list[int]]]] = defaultdict(list)
        self._known: dict[tuple[Program, int], dict[Program, int]] = {}
        for access in synchronising:
            addresses = sorted(set(access.active(access.pointers).tolist()))
            if access.acquires:
                self._acquires[access.program].append((access.time, addresses))
            if access.releases:
                for address in addresses:
                    self._releases[address].append((access.time, access.program))

    def __call__(self, first: Access, second: Access) -> bool:
        """Whether `first` happens before `second`, which came later in this run."""
        if first.program == second.program:
            return True
        acquired = bisect.bisect_left(self._acquires[second.program], (second.time,))
        key = second.program, acquired
        if key not in self._known:
            self._known[key] = self._reached(*key)
        return first.time < self._known[key].get(first.program, 0)

    def _reached(self, program: Program, acquired: int) -> dict[Program, int]:
        """Return the last release of each program that the first `acquired` acquisitions of a program are after."""
        latest: dict[Program, int] = {}
        included: dict[int, int] = {}  # how many releases on an address are known
        pending = [(program, acquired)]
        while pending:
            reader, count = pending.pop()
            for time, addresses in self._acquires[reader][:count]:
                for address in addresses:
                    releases = self._releases.get(address, [])
                    until, since = bisect.bisect_left(releases, (time,)), included.get(address, 0)
                    included[address] = max(until, since)
                    for released, writer in releases[since:until]:
                        if released > latest.get(writer, 0):
                            latest[writer] = released
                            # The release may be the acquisition, too, of what was released before it.
                            pending.append((writer, bisect.bisect_left(self._acquires[writer], (released + 1,))))
        return latest
