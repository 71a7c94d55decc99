"""Is it a kernel at all: do the launches matter, and who does the work?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_kernelbench.judge.compare import compare
from pytest_kernelbench.judge.facets import reseeded
from pytest_kernelbench.judge.trial import Finding, Trial, whole
from pytest_kernelbench.model.case import Case

MOSTLY = 0.95
"""Share of the touched elements above which Triton counts as doing the work."""

GHOSTS = 3
"""Cases that are tried again with launches that do nothing."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a submission's file really is."""

    name: str | None = None
    """`kernel`; `mixed`, where torch computes too; `decoy`, whose launches do not matter; `torch_only`, without any."""
    share: float | None = None
    """Elements that launches touch, of all that launches and computing ATen operations touch."""

    @property
    def rejected(self) -> bool:
        """Whether this is no kernel at all."""
        return self.name in ("decoy", "torch_only")


def label_of(trial: Trial, cases: Sequence[Case], *, right: bool) -> Label:
    """Label a kernel that has answered the first case.

    An audit of the cases says who does the work, also of a kernel that turns to torch at some size. Whether launches
    matter is found by ghost replay, the first cases again with launches that do nothing; that can be told only of a
    kernel that is right.
    """
    if trial.examples and not trial.launches:
        return Label("torch_only", 0.0)
    if not right:
        return Label()
    # New contents: a kernel that keeps its result's memory would still hold the right answer to the old ones.
    if all(_right_without_launches(trial, reseeded(case, 17)) for case in cases[:GHOSTS]):
        return Label("decoy", 0.0)
    share = _share(trial, cases)
    return Label("kernel" if share >= MOSTLY else "mixed", share)


def _share(trial: Trial, cases: Sequence[Case]) -> float:
    touched = computed = 0
    for case in cases:
        try:
            counts = trial.ask(case, trial.evidence(case).most_bytes, {"audit": True}).counts
        except Finding:
            continue
        touched += whole(counts.get("touched"))
        computed += whole(counts.get("computed"))
    return round(touched / max(1, touched + computed), 3)


def _right_without_launches(trial: Trial, case: Case) -> bool:
    evidence = trial.evidence(case)
    try:
        answer = trial.ask(case, evidence.most_bytes, {"ghost": True})
    except Finding:
        return False
    return answer.status == "ok" and compare(evidence, trial.outputs(case, answer)).mismatch is None
