"""Cases that a kernel refuses by an exception of its own, and those outside of the domain that it declares."""

from __future__ import annotations

from dataclasses import replace

from pytest_kernelbench.judge.correctness import checks
from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.facets import in_dtype
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.domain import Domain
from pytest_kernelbench.model.task import Task

REFUSED = "refused"
"""Status of a facet, or a kernel, that was never wrong and refused something."""


def attempt(trial: CaseTrial, facet: str, case: Case) -> None:
    """Check a case of a facet; raises `Finding`, but keeps a refusal, after which other cases can still be wrong.

    A case outside of the declared domain is not tried. A kernel that has taken a case before does not refuse it: what
    it raises then is an error.
    """
    if trial.domain is not None and not trial.domain.takes(case):
        trial.excluded.add(facet)
        return
    try:
        checks.CHECKS[facet](trial, case)
    except Finding as finding:
        if finding.status != REFUSED:
            raise
        if finding.case in trial.launched or case in trial.launched:
            raise Finding("runtime_error", finding.message, finding.case) from None
        trial.refusals.setdefault(facet, finding)
    else:
        trial.taken.add(facet)


def status_of(trial: CaseTrial, facet: str) -> str:
    """Return the status of a facet in which nothing was wrong."""
    if facet in trial.refusals:
        return REFUSED
    return "passed_within" if facet in trial.excluded else "passed"


def within(task: Task, domain: Domain | None) -> Task:
    """Return the task with fixed cases of the domain first, in a dtype of the domain if the task has one."""
    if domain is None:
        return task
    legal = [dtype for dtype in task.dtypes if dtype in domain.dtypes] if domain.dtypes else []
    if legal and legal[0] != task.dtypes[0]:
        cases = tuple(in_dtype(task, case, legal[0]) for case in task.fixed_cases)
        others = tuple(dtype for dtype in task.dtypes if dtype != legal[0])
        task = replace(task, fixed_cases=cases, dtypes=(legal[0], *others))
    ordered = sorted(task.fixed_cases, key=lambda case: not domain.takes(case))
    return replace(task, fixed_cases=tuple(ordered))
