"""Provenance of a result: whether the Triton launches affect it, and how much of the work they do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pytest_kernelbench.judge.comparison.compare import compare
from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.facets import reseeded
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.judge.correctness.work import OTHER_SEED, CaseWork, audited
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.wire.conditions import CallConditions

MIN_KERNEL_SHARE = 0.95
"""Share of the launches in the touched elements from which a file is labelled `kernel`."""

MIN_MIXED_SHARE = 0.01
"""Share of the launches in the touched elements below which a file is labelled `decoy`."""

REPLAYED_CASES = 3
"""Cases that are tried with launches that are skipped or fail."""

NAMED_OPERATIONS = 4
"""PyTorch operations that an observation names."""

REASONS = {
    "decoy": "its Triton launches do not affect the result, which is still right when all of them are skipped",
    "outside": "its result is right for contents that no launch saw: its Triton launches do not compute it",
    "copying": "its Triton launches only copy what others have computed, or do not depend on the arguments",
    "negligible": f"its Triton launches do almost no work: they touch less than {MIN_MIXED_SHARE:.0%} of the elements",
    "torch_only": "it launches no Triton kernel: PyTorch computes everything",
}
"""Why a file is not a kernel."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who computes the result of a submission's file."""

    label: str | None = None
    """`kernel`; `mixed`: PyTorch computes too; `decoy`: the launches do not matter; `torch_only`: no launches."""
    share: float | None = None
    """Elements that launches touch, divided by those that launches or computing ATen operations touch."""
    observations: tuple[str, ...] = ()
    """Further facts for a reader, such as which operations PyTorch computes."""
    key: str | None = None
    """Why the file is not a kernel, as a key of `REASONS`; None stands for that of the label."""
    idle: tuple[Case, ...] = ()
    """Audited cases that need a launch, and on which none matters."""

    @property
    def rejected(self) -> bool:
        """Whether the file is not a kernel."""
        return self.label in ("decoy", "torch_only")

    @property
    def reason(self) -> str:
        """Why the file is not a kernel, and how to submit such a file on purpose."""
        exempt = 'if that is intended, set language = "torch" in submission.toml'
        return f"it is labelled {self.label}: {REASONS[self.key or str(self.label)]}; {exempt}"


def provenance_of(trial: CaseTrial, cases: Sequence[Case], *, right: bool) -> Provenance:
    """Return the provenance of a kernel that was called at least once.

    `right` says whether the kernel is right; a kernel that is wrong gets no label but `torch_only`. Whether launches
    affect the result is found by repeating the first cases with launches that are skipped. Who does the work is found
    by an audit of all cases, so that a kernel that uses PyTorch above some size is found too. Raises a `Finding` where
    the kernel is wrong in the audit.
    """
    if trial.examples and not trial.launches:
        return Provenance("torch_only", 0.0)
    if not right:
        return Provenance()
    # New contents: a kernel that reuses the memory of its result would still hold the right one for the old contents.
    replayed = [reseeded(case, OTHER_SEED) for case in cases[:REPLAYED_CASES]]
    # Memory that a skipped launch has not written is NaN, then finite: a discarded result times zero is NaN, too.
    if any(_right(trial, replayed, CallConditions(skip_launches=True, poison=poison)) for poison in ("nan", "big")):
        return Provenance("decoy", 0.0)
    work = _audit(trial, cases)
    observations = work.observations()
    if _right(trial, replayed, CallConditions(fail_launches=True)):
        observations.append("is right even when every launch fails: it falls back on PyTorch")
    reason = work.reason()
    label = "decoy" if reason else "kernel" if work.share >= MIN_KERNEL_SHARE else "mixed"
    idle = tuple(each.case for each in work.needing if each.idle)
    return Provenance(label, work.share, tuple(observations), reason, idle)


@dataclass(slots=True)
class WorkShare:
    """The work of launches and of others in the audited cases, in elements that are read or written."""

    works: list[CaseWork] = field(default_factory=list)
    """The work on each case on which the kernel was right."""

    @property
    def computed(self) -> int:
        """Elements that others than launches touch."""
        return sum(work.computed for work in self.works)

    @property
    def share(self) -> float:
        """Share of the launches, between 0 and 1."""
        touched = sum(work.touched for work in self.works)
        return round(touched / max(1, touched + self.computed), 3)

    @property
    def needing(self) -> list[CaseWork]:
        """The cases that need a launch."""
        return [work for work in self.works if not work.trivial]

    def reason(self) -> str | None:
        """Return the key in `REASONS` of why the file is a decoy; None if it is not."""
        if self.needing and all(work.idle for work in self.needing):
            return "outside" if any(work.outside for work in self.needing) else "copying"
        # If the audit counted nothing that others compute, it does not show a decoy.
        return "negligible" if self.share < MIN_MIXED_SHARE and self.computed else None

    def observations(self) -> list[str]:
        """Return what a reader should know about the work of others."""
        found = []
        if self.share < MIN_KERNEL_SHARE and self.computed:
            operations: Counter[str] = Counter()
            for work in self.works:
                operations.update(work.operations or {})
            names = ", ".join(name for name, _ in operations.most_common(NAMED_OPERATIONS))
            found.append(f"host code touches {1 - self.share:.0%} of the elements, with {names}")
        if idle := [work.case for work in self.works if not work.launches and work.computed]:
            found.append(f"launches nothing on {len(idle)} of {len(self.works)} audited cases, such as {idle[0]!r}")
        return found


def _audit(trial: CaseTrial, cases: Sequence[Case]) -> WorkShare:
    """Examine the work on each case; cases on which the kernel fails do not count."""
    return WorkShare([work for case in cases if (work := audited(trial, case)) is not None])


def _right(trial: CaseTrial, cases: Sequence[Case], conditions: CallConditions) -> bool:
    """Whether the kernel is right on all cases under conditions in which its launches do not work."""
    return all(_right_on(trial, case, conditions) for case in cases)


def _right_on(trial: CaseTrial, case: Case, conditions: CallConditions) -> bool:
    evidence = trial.evidence(case)
    try:
        answer = trial.ask(case, evidence.max_bytes, conditions)
    except Finding:
        return False
    return answer.status == "ok" and compare(evidence, trial.outputs(case, answer)).mismatch is None
