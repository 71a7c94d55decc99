"""Provenance of a result: whether the Triton launches affect it, and how much of the work they do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pytest_kernelbench.judge.comparison.compare import compare
from pytest_kernelbench.judge.correctness.facets import reseeded
from pytest_kernelbench.judge.correctness.trial import CaseTrial, Finding, whole
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

    @property
    def rejected(self) -> bool:
        """Whether the file is not a kernel."""
        return self.label in ("decoy", "torch_only")

    @property
    def reason(self) -> str:
        """Why the file is not a kernel, and how to submit such a file on purpose."""
        # A decoy that was found by its share of the work, rather than by skipping launches, has observations.
        key = "negligible" if self.label == "decoy" and self.observations else str(self.label)
        exempt = 'if that is intended, set language = "torch" in submission.toml'
        return f"it is labelled {self.label}: {REASONS[key]}; {exempt}"


def provenance_of(trial: CaseTrial, cases: Sequence[Case], *, right: bool) -> Provenance:
    """Return the provenance of a kernel that was called at least once.

    `right` says whether the kernel is right; a kernel that is wrong gets no label but `torch_only`. Whether launches
    affect the result is found by repeating the first cases with launches that are skipped. Who does the work is found
    by an audit of all cases, so that a kernel that uses PyTorch above some size is found too.
    """
    if trial.examples and not trial.launches:
        return Provenance("torch_only", 0.0)
    if not right:
        return Provenance()
    # New contents: a kernel that reuses the memory of its result would still hold the right one for the old contents.
    replayed = [reseeded(case, 17) for case in cases[:REPLAYED_CASES]]
    # Memory that a skipped launch has not written is NaN, then finite: a discarded result times zero is NaN, too.
    if any(_right(trial, replayed, CallConditions(skip_launches=True, poison=poison)) for poison in ("nan", "big")):
        return Provenance("decoy", 0.0)
    work = _audit(trial, cases)
    observations = work.observations()
    if _right(trial, replayed, CallConditions(fail_launches=True)):
        observations.append("is right even when every launch fails: it falls back on PyTorch")
    # If the audit counted nothing that PyTorch computes, it does not show a decoy.
    if work.share >= MIN_KERNEL_SHARE:
        label = "kernel"
    else:
        label = "mixed" if work.share >= MIN_MIXED_SHARE or not work.computed else "decoy"
    return Provenance(label, work.share, tuple(observations))


@dataclass(slots=True)
class WorkShare:
    """The work of launches and of PyTorch in the audited cases, in elements that are read or written."""

    touched: int = 0
    """Elements that launches touch."""
    computed: int = 0
    """Elements that computing ATen operations touch."""
    operations: Counter[str] = field(default_factory=Counter)
    """Elements that each of these operations touches."""
    cases: int = 0
    """Number of audited cases."""
    idle: list[Case] = field(default_factory=list)
    """Cases without a launch on which PyTorch computes."""

    @property
    def share(self) -> float:
        """Share of the launches, between 0 and 1."""
        return round(self.touched / max(1, self.touched + self.computed), 3)

    def observations(self) -> list[str]:
        """Return what a reader should know about the work of PyTorch."""
        found = []
        if self.share < MIN_KERNEL_SHARE:
            names = ", ".join(name for name, _ in self.operations.most_common(NAMED_OPERATIONS))
            found.append(f"PyTorch touches {1 - self.share:.0%} of the elements, with {names}")
        if self.idle:
            where = f"{len(self.idle)} of {self.cases} audited cases, such as {self.idle[0]!r}"
            found.append(f"launches nothing on {where}")
        return found


def _audit(trial: CaseTrial, cases: Sequence[Case]) -> WorkShare:
    """Count the work on each case; cases on which the kernel fails do not count."""
    work = WorkShare()
    for case in cases:
        try:
            answer = trial.ask(case, trial.evidence(case).max_bytes, CallConditions(audit=True))
        except Finding:
            continue
        if answer.status != "ok":
            continue
        work.cases += 1
        work.touched += whole(answer.counts.get("touched"))
        work.computed += whole(answer.counts.get("computed"))
        work.operations.update(answer.operations)
        if not answer.counts.get("launches") and answer.counts.get("computed"):
            work.idle.append(case)
    return work


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
