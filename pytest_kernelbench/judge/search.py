"""Random search with Hypothesis: draws cases of a task until one fails, then shrinks it, within a time budget."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from pytest_kernelbench.judge import facets
from pytest_kernelbench.judge.trial import Finding
from pytest_kernelbench.model.alone import ALONE
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.task import Given, Task

SHRINKS = 80
"""Cases that are tried while a failing one is made smaller."""

SHRINK_SECONDS = 15.0

THREADED = (6, 155, 7)
"""Version of Hypothesis from which several threads may draw from one strategy."""


def search(
    task: Task,
    given: Mapping[str, Given],
    check: Callable[[Case], None],
    *,
    count: int,
    seconds: float,
    key: str | None,
    seed: str | None = None,
) -> None:
    """Check `count` drawn cases; raises the `Finding` of the smallest failing one.

    After `seconds` no new case is tried, so that a slow kernel is searched less, not failed. `key` names the example
    database entry: a failing case is tried first in the next run of the same kernel; with None nothing is kept. `seed`
    decides what is drawn, also where Hypothesis is set to draw the same in every run, as it is by default on CI.
    """
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis import given as hypothesis_given
    from hypothesis import seed as hypothesis_seed
    from hypothesis import strategies as st

    @st.composite
    def cases(draw: Any) -> Case:
        asked = given[draw(st.sampled_from(sorted(given)))]
        return facets.settle(task, task.cases(draw, asked))

    remembered = _Remembered(check, seconds)

    @settings(
        max_examples=count,
        database=settings().database if key else None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=(Phase.reuse, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis_given(case=cases())
    def test(case: Case) -> None:
        remembered(case)

    # All generated tests have the same source, hence the same database key, unless something tells them apart.
    test.hypothesis.inner_test._hypothesis_internal_add_digest = (key or "").encode()  # type: ignore[attr-defined]
    if seed is not None:
        test = hypothesis_seed(int(seed) if seed.isdigit() else seed)(test)
    with _turn():
        test()


def _turn() -> contextlib.AbstractContextManager[object]:
    """Have one search at a time where Hypothesis cannot share strategies between threads (issue 4475)."""
    import hypothesis

    return contextlib.nullcontext() if hypothesis.__version_info__ >= THREADED else ALONE


class _Remembered:
    """A check whose verdict on a case never changes, and which says yes to new cases once its time is up.

    So a kernel whose answers change from call to call is reported by its first wrong one, and shrinking ends in time.
    """

    def __init__(self, check: Callable[[Case], None], seconds: float) -> None:
        self.check = check
        self.end = time.monotonic() + seconds
        self.verdicts: dict[Case, Finding | None] = {}
        self.shrinks = 0
        self.failed = False

    def __call__(self, case: Case) -> None:
        if case not in self.verdicts:
            if time.monotonic() > self.end or self.shrinks >= SHRINKS:
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
