"""Cases of the judge's choice: large ones, long sums and drawn ones, which a slow kernel need not finish.

The time for them does not count as the kernel's time. A case that takes longer than its allowance is left out, and the
record says so; the kernel does not fail because of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from pytest_kernelbench.judge.correctness.accumulators import accumulating_cases, shorter_sums
from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.large import large_cases
from pytest_kernelbench.judge.correctness.pace import TooSlow, chosen
from pytest_kernelbench.judge.correctness.refusals import attempt
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.task import Task

EXTRA: Mapping[str, Callable[[Task], tuple[Case, ...]]] = {"sizes": large_cases, "dtypes": accumulating_cases}
"""The cases that a facet has beside the fixed ones, for kernels that can finish them."""

SHORTER: Mapping[str, Callable[[Task], tuple[Case, ...]]] = {"dtypes": shorter_sums}
"""The cases that are tried where a kernel is too slow for one of those."""

CALL_SHARE = 0.05
"""Share of a kernel's time limit that one call on such a case may take."""

GPU_CALL_SHARE = 0.2
"""The same on a GPU, where a call may include compiling."""


def extra_cases(task: Task, facet: str) -> tuple[Case, ...]:
    """Return the extra cases of a facet, in the order in which they are tried."""
    return EXTRA[facet](task) if facet in EXTRA else ()


def try_extra(trial: CaseTrial, facet: str, budget: float) -> float:
    """Check the extra cases of a facet within `budget` seconds and return those that it took; raises `Finding`."""
    started = time.monotonic()
    left_out = _left_out(trial, facet, extra_cases(trial.task, facet), started + budget)
    if left_out and facet in SHORTER:
        _left_out(trial, facet, SHORTER[facet](trial.task), started + budget)
    for case in left_out:
        trial.observed[f"not tried, too slow here: {case}"] = ""
    return time.monotonic() - started


def _left_out(trial: CaseTrial, facet: str, cases: Sequence[Case], end: float) -> list[Case]:
    """Check cases until a time on the monotonic clock; return those that the kernel could not finish."""
    left_out = []
    for case in cases:
        left = end - time.monotonic()
        if left <= 0 or not _checked(trial, facet, case, min(left, _allowance(trial))):
            left_out.append(case)
    return left_out


def try_drawn(trial: CaseTrial, facet: str, case: Case) -> None:
    """Check a drawn case; raises `Finding`."""
    if not _checked(trial, facet, case, _allowance(trial)):
        trial.observed[f"drawn cases that it is too slow for were left out of {facet}"] = ""


def _allowance(trial: CaseTrial) -> float:
    return (GPU_CALL_SHARE if trial.on_gpu else CALL_SHARE) * trial.timeout


def _checked(trial: CaseTrial, facet: str, case: Case, allowance: float) -> bool:
    """Return whether the kernel has finished the case in each call's `allowance` of seconds; raises `Finding`."""
    try:
        with chosen(trial, allowance):
            attempt(trial, facet, case)
    except TooSlow:
        return False
    return True
