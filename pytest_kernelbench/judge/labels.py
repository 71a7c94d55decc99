"""Is it a kernel at all: do the launches matter, and who does the work?"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_kernelbench.judge.compare import compare
from pytest_kernelbench.judge.trial import Finding, Trial
from pytest_kernelbench.model.case import Case

MOSTLY = 0.95
"""Share of the touched elements above which Triton counts as doing the work."""

NO_KERNEL = ("decoy", "torch_only")
"""Labels of what is no kernel: launches that do not matter, and no launches."""


def label_of(trial: Trial, cases: Sequence[Case], *, right: bool) -> str | None:
    """Label what has been tried so far: `torch_only`, `decoy`, `mixed` (torch computes too) or `kernel`.

    Whether launches matter is found by ghost replay: the cases again, with launches that do nothing. That can be told
    only of a kernel that is right; of another, only whether it launches anything.
    """
    if trial.examples and not trial.launches:
        return "torch_only"
    if not right:
        return None
    if all(_right_without_launches(trial, case) for case in cases):
        return "decoy"
    return by_share(trial)


def by_share(trial: Trial) -> str:
    """Label a kernel whose launches matter by how much of the work they do."""
    return "kernel" if trial.share >= MOSTLY else "mixed"


def _right_without_launches(trial: Trial, case: Case) -> bool:
    evidence = trial.evidence(case)
    try:
        answer = trial.ask(case, evidence.most_bytes, {"ghost": True})
    except Finding:
        return False
    return answer.status == "ok" and compare(evidence, trial.outputs(case, answer)).mismatch is None
