"""How much time a kernel needs, seen on cases that it has finished, so that the judge does not ask too much of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_kernelbench.judge.comparison.evidence import Evidence
from pytest_kernelbench.model.case import Case, numel

if TYPE_CHECKING:
    from pytest_kernelbench.judge.correctness.case_trial import CaseTrial

LEAST_SIZE = 64
"""Elements from which on the time of a call says something about larger cases."""

TELLING_SIZE = 1000
"""Elements from which on the time of a call is mostly the time of its programs."""

HANG = 10.0
"""A call that takes this many times the longest time to be expected is hanging."""


class TooSlow(Exception):
    """A case of the judge's choice that the kernel cannot finish in the time for it; not a failure of the kernel."""

    def __init__(self, case: Case) -> None:
        super().__init__(repr(case))
        self.case = case


def size_of(evidence: Evidence) -> int:
    """Return the elements of the inputs and of the results of a case together."""
    return numel(evidence.case) + sum(each.exact.numel() for each in evidence.expected)


class Pace:
    """The seconds for each element in the calls so far."""

    def __init__(self) -> None:
        self.slowest = 0.0
        """Seconds for an element in the call where it took longest, of those with at least `LEAST_SIZE` elements."""
        self.fastest = 0.0
        """The shortest such time in calls with at least `TELLING_SIZE` elements; 0 before there is one."""

    def note(self, size: int, seconds: float) -> None:
        """Remember how long a call took on a case with this many elements."""
        if size >= LEAST_SIZE:
            self.slowest = max(self.slowest, seconds / size)
        if size >= TELLING_SIZE:
            self.fastest = min(self.fastest or seconds / size, seconds / size)

    def least(self, size: int) -> float:
        """Return the seconds that a call on this many elements takes at best, if the kernel is as fast as ever."""
        return self.fastest * size

    def most(self, size: int) -> float:
        """Return the seconds after which a call on this many elements is certainly hanging."""
        return HANG * self.slowest * size if self.slowest else float("inf")


@contextmanager
def chosen(trial: CaseTrial, allowance: float) -> Iterator[None]:
    """Give each call within at most `allowance` seconds, none of which count as the kernel's time."""
    started, before = time.monotonic(), trial.allowance
    trial.allowance = allowance
    try:
        yield
    finally:
        trial.allowance = before
        trial.deadline += time.monotonic() - started
