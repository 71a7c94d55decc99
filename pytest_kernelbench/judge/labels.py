"""Is it a kernel at all: do the launches matter, and who does the work?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_kernelbench.judge.compare import compare
from pytest_kernelbench.judge.trial import Finding, Trial
from pytest_kernelbench.model.case import Case

MOSTLY = 0.95
"""Share of the touched elements above which Triton counts as doing the work."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a submission's file really is."""

    name: str | None
    """`kernel`; `mixed`, where torch computes too; `decoy`, whose launches do not matter; `torch_only`, without any."""
    share: float | None
    """Elements touched by launches, of all that launches and computing ATen operations touch."""

    @property
    def rejected(self) -> bool:
        """Whether this is no kernel at all."""
        return self.name in ("decoy", "torch_only")


def label_of(trial: Trial, cases: Sequence[Case], *, right: bool) -> Label:
    """Label a kernel: run the cases with an audit, then again with launches that do nothing.

    Whether launches matter can be told only of a kernel that is right; of another, only whether there are any.
    """
    launches = touched = computed = 0
    ran = False
    matters = []
    for case in cases:
        try:
            answer = trial.ask(case, trial.evidence(case).most_bytes, {"audit": True})
        except Finding:
            continue
        if answer.status != "ok":
            continue
        ran = True
        counts = answer.counts
        launches += int(counts.get("launches", 0))
        touched += int(counts.get("touched", 0))
        computed += sum(int(value) for value in counts.get("aten", {}).values())
        matters.append(right and not _right_without_launches(trial, case))
    if not launches:
        return Label("torch_only", 0.0) if ran else Label(None, None)
    if not right:
        return Label(None, None)
    if not any(matters):
        return Label("decoy", 0.0)
    share = round(touched / max(1, touched + computed), 3)
    return Label("kernel" if share >= MOSTLY and all(matters) else "mixed", share)


def _right_without_launches(trial: Trial, case: Case) -> bool:
    """Ghost replay: whether the answer is right although no launch did anything."""
    evidence = trial.evidence(case)
    try:
        answer = trial.ask(case, evidence.most_bytes, {"ghost": True})
    except Finding:
        return False
    return answer.status == "ok" and compare(evidence, trial.outputs(case, answer)).mismatch is None
