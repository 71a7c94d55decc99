"""Cases of gigabytes of addresses, whose rows lie so far apart that 32 bits cannot count their elements."""

from __future__ import annotations

from pytest_kernelbench.judge.correctness import checks
from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.hints import WRONG
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.wire import far
from pytest_kernelbench.wire.device_names import INTERPRETER

BEYOND = "is wrong for tensors that reach beyond 2^31 elements: it counts their elements in 32 bits"
"""Observation about kernels that fail where rows lie far apart."""


def possible(device: str) -> bool:
    """Whether such cases can be judged: on the interpreter, which sees each address."""
    return device == INTERPRETER and far.possible()


def attempt_far(trial: CaseTrial, facet: str, case: Case) -> None:
    """Check such a case; it may fail a kernel only if the task has a table of that size. Raises `Finding`."""
    known = trial.violation
    try:
        checks.CHECKS[facet](trial, case)
        failed = trial.violation is not known
    except Finding as finding:
        if trial.task.table is not None:
            raise
        # A refusal, a lack of memory or of time says nothing about how the kernel counts.
        failed = finding.status in WRONG
    if failed and trial.task.table is None:
        trial.violation = known
        trial.observed[BEYOND] = ""
