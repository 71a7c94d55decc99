"""Random search with Hypothesis: draw cases of a task until one fails, then shrink it, within a time budget."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pytest_kernelbench.judge.correctness import facets
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.locks import PROCESS_LOCK
from pytest_kernelbench.model.task import DrawRequest, Task

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

MAX_SHRINKS = 80
"""Cases that are tried while a failing case is made smaller."""

SHRINK_SECONDS = 15.0
"""Seconds after the first failing case in which smaller ones are tried."""

THREAD_SAFE = (6, 155, 7)
"""First version of Hypothesis in which several threads may draw from one strategy."""


def search(
    task: Task,
    requests: Mapping[str, DrawRequest],
    check: Callable[[Case], None],
    *,
    count: int,
    budget: float,
    key: str | None,
    seed: str | None = None,
) -> None:
    """Check `count` drawn cases; raises the `Finding` of the smallest failing case.

    After `budget` seconds no new case is tried, so that a slow kernel is searched less rather than failed. `key` names
    an entry of the example database, from which a failing case is tried first in the next run of the same kernel; None
    uses no database. `seed` decides which cases are drawn, also under a Hypothesis profile that is derandomised, such
    as the default one on CI; Hypothesis does not use the database then.
    """
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as hypothesis_seed

    consistent = _ConsistentCheck(check, budget)

    @settings(
        max_examples=count,
        database=settings().database if key else None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=(Phase.reuse, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=_cases(task, requests))
    def test(case: Case) -> None:
        consistent(case)

    # Hypothesis makes the database key from the source of a test, which is the same here for all kernels and facets.
    test.hypothesis.inner_test._hypothesis_internal_add_digest = (key or "").encode()  # type: ignore[attr-defined]
    if seed is not None:
        test = hypothesis_seed(int(seed) if seed.isdigit() else seed)(test)
    with _exclusive():
        test()


def _cases(task: Task, requests: Mapping[str, DrawRequest]) -> SearchStrategy[Case]:
    """Return a strategy for cases of a task under any of the requests."""
    from hypothesis import strategies as st

    @st.composite
    def cases(draw: Any) -> Case:
        request = requests[draw(st.sampled_from(sorted(requests)))]
        return facets.settle(task, task.cases(draw, request))

    return cases()


def _exclusive() -> contextlib.AbstractContextManager[object]:
    """Allow one search at a time if Hypothesis cannot share strategies between threads (its issue 4475)."""
    import hypothesis

    return contextlib.nullcontext() if hypothesis.__version_info__ >= THREAD_SAFE else PROCESS_LOCK


class _ConsistentCheck:
    """A check that keeps its first verdict on each case, and accepts new cases once its time is up.

    A kernel whose answers change from call to call is therefore reported by its first wrong one, and shrinking ends in
    time.
    """

    def __init__(self, check: Callable[[Case], None], budget: float) -> None:
        self.check = check
        self.end = time.monotonic() + budget
        self.verdicts: dict[Case, Finding | None] = {}
        self.shrinks = 0
        self.failed = False

    def __call__(self, case: Case) -> None:
        if case not in self.verdicts:
            if time.monotonic() > self.end or self.shrinks >= MAX_SHRINKS:
                return
            self.verdicts[case] = self._judge(case)
        if (finding := self.verdicts[case]) is not None:
            raise finding

    def _judge(self, case: Case) -> Finding | None:
        self.shrinks += self.failed
        try:
            self.check(case)
        except Finding as finding:
            if not self.failed:
                self.failed, self.end = True, time.monotonic() + SHRINK_SECONDS
            return finding
        return None
