"""Cases with the sizes that a kernel's own code compares with: a branch that no other case has taken is taken once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.growth import dimensions, grown
from pytest_kernelbench.judge.correctness.pace import TooSlow, chosen
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.case import Case, leaves, numel, replace
from pytest_kernelbench.model.paths import Paths, Unrun

MAX_CASES = 8
"""Maximum number of cases that are tried for a kernel."""

MAX_ELEMENTS = 1 << 18
"""Maximum elements of all tensors of such a case."""

TIME_SHARE = 0.1
"""Share of the kernel's time in which cases are tried."""

PATIENCE_SHARE = 0.04
"""Share of the kernel's time for one call: it is not the kernel's fault that its interpreter is slow."""

WRONG = ("wrong_values", "wrong_shape", "wrong_dtype", "contract")
"""What such a case may find. A kernel may refuse a size by an exception, and these cases are no task author's."""


def sizes(trial: CaseTrial, bases: Sequence[Case]) -> None:
    """Call on cases of sizes that the file compares with, as far as nothing else has tried them; raises `Finding`.

    `bases` are the cases that are made longer.
    """
    paths = Paths.of(trial.kernel.text())
    if paths is None or not trial.ran:
        return
    judged = (*bases, *trial.launched)
    longest = max((size for case in judged for _, recipe in leaves(case) for size in recipe.shape), default=0)
    attempt = _Attempt(trial, bases)
    for unrun in paths.unrun(trial.ran):
        if not unrun.refuses:
            for size in unrun.sizes:
                attempt.run(size, unrun)
    for size in paths.caps():
        if size > longest:
            attempt.run(size)


class _Attempt:
    """The cases that are tried for one kernel."""

    def __init__(self, trial: CaseTrial, bases: Sequence[Case]) -> None:
        self.trial = trial
        self.bases = [case for case in bases if numel(case)]
        self.tried: set[Case] = set()
        self.end = time.monotonic() + TIME_SHARE * trial.timeout

    def run(self, size: int, unrun: Unrun | None = None) -> None:
        """Call on cases just above a size, until lines that never ran have run; then on one of exactly that size."""
        for base, old in self._candidates(size):
            if len(self.tried) >= MAX_CASES or time.monotonic() > self.end or self._ran(unrun):
                return
            self._call(base, old, size + 1, size)
            if unrun is None:
                return
            if self._ran(unrun):
                self._call(base, old, size, size)

    def _candidates(self, size: int) -> list[tuple[Case, int]]:
        """Return cases, each with the dimension to make so long: last dimensions first, and few elements first.

        Other dimensions come later, since a kernel often has one program for each of their elements.
        """
        found: list[tuple[bool, int, int, Case, int]] = []
        for base in self.bases:
            for place, dimension in enumerate(dimensions(base)):
                elements = numel(grown(base, dimension.size, size))
                if elements <= MAX_ELEMENTS:
                    found.append((place > 0, elements, len(found), base, dimension.size))
        return [(base, old) for *_, base, old in sorted(found, key=lambda each: each[:3])]

    def _ran(self, unrun: Unrun | None) -> bool:
        return unrun is not None and not self.trial.ran.isdisjoint(range(unrun.first, unrun.last + 1))

    def _call(self, base: Case, old: int, new: int, size: int) -> None:
        """Call on a case in which one dimension is longer, unless the reference does not take it."""
        for case in _longer(base, old, new):
            if case in self.tried or numel(case) > MAX_ELEMENTS:
                continue
            try:
                self.trial.evidence(case)
            except Finding:
                continue
            self.tried.add(case)
            try:
                with chosen(self.trial, PATIENCE_SHARE * self.trial.timeout):
                    self.trial.run(case)
            except TooSlow:
                return
            except Finding as finding:
                if finding.status in WRONG:
                    where = f"at a size beside {size}, which the file compares with"
                    raise Finding(finding.status, f"{where}:\n{finding.message}", case) from None
            return


def _longer(case: Case, old: int, new: int) -> Iterator[Case]:
    """Yield the case with another size, and also with that size in all arguments that may be shapes."""
    longer = grown(case, old, new)
    yield longer
    shapes: dict[str, Any] = {
        name: type(value)(new if size == old else size for size in value)
        for name, value in longer.arguments.items()
        if isinstance(value, (tuple, list)) and old in value and all(type(size) is int for size in value)
    }
    if shapes:
        yield replace(longer, **shapes)
