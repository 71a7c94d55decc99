"""Is it a kernel at all: do the launches matter, and who does the work?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_kernelbench.judge.compare import compare
from pytest_kernelbench.judge.facets import reseeded
from pytest_kernelbench.judge.trial import Finding, Trial, whole
from pytest_kernelbench.model.case import Case

MOSTLY = 0.95
"""Share of the touched elements above which Triton counts as doing the work."""

LEAST = 0.01
"""Share below which launches are a fig leaf, also where they do matter."""

GHOSTS = 3
"""Cases that are tried again with launches that do nothing."""

NAMED = 4
"""Operations that are named where PyTorch computes too."""

REASONS = {
    "decoy": "its Triton launches do not matter: the answers are still right with all of them left out",
    "fig_leaf": "its Triton launches hardly matter: they touch next to nothing of what is computed",
    "torch_only": "it launches no Triton kernel: PyTorch computes everything",
}
"""Why a file is no kernel."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a submission's file really is."""

    name: str | None = None
    """`kernel`; `mixed`, where torch computes too; `decoy`, whose launches do not matter; `torch_only`, without any."""
    share: float | None = None
    """Elements that launches touch, of all that launches and computing ATen operations touch."""
    observations: tuple[str, ...] = ()
    """What a reader should know beside the name."""

    @property
    def rejected(self) -> bool:
        """Whether this is no kernel at all."""
        return self.name in ("decoy", "torch_only")

    @property
    def reason(self) -> str:
        """Why this is no kernel, and what to do where that is meant."""
        key = "fig_leaf" if self.name == "decoy" and self.observations else str(self.name)
        exempt = 'submissions that are meant so say language = "torch" in submission.toml'
        return f"it is labelled {self.name}: {REASONS[key]}; {exempt}"


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
    ghosts = [reseeded(case, 17) for case in cases[:GHOSTS]]
    # What a launch has not written is NaN, and finite the second time: a discarded result times zero is NaN, too.
    if any(_right(trial, ghosts, {"ghost": True, "poison": poison}) for poison in ("nan", "big")):
        return Label("decoy", 0.0)
    work = _audit(trial, cases)
    observations = work.said()
    if _right(trial, ghosts, {"refuse": True}):
        observations.append("is right also where every launch fails: it falls back on PyTorch")
    # Where nothing could be audited, nothing is known of who has computed.
    name = "kernel" if work.share >= MOSTLY else "mixed" if work.share >= LEAST or not work.computed else "decoy"
    return Label(name, work.share, tuple(observations))


@dataclass(slots=True)
class Work:
    """Who has computed what in the audited cases, in elements read and written."""

    touched: int = 0
    computed: int = 0
    operations: Counter[str] = field(default_factory=Counter)
    cases: int = 0
    idle: list[Case] = field(default_factory=list)
    """Cases with elements on which nothing was launched."""

    @property
    def share(self) -> float:
        """Share of the launches."""
        return round(self.touched / max(1, self.touched + self.computed), 3)

    def said(self) -> list[str]:
        """Return what a reader should know."""
        said = []
        if self.share < MOSTLY:
            names = ", ".join(name for name, _ in self.operations.most_common(NAMED))
            said.append(f"PyTorch touches {1 - self.share:.0%} of the elements, with {names}")
        if self.idle:
            said.append(f"launches nothing on {len(self.idle)} of {self.cases} audited cases, such as {self.idle[0]!r}")
        return said


def _audit(trial: Trial, cases: Sequence[Case]) -> Work:
    work = Work()
    for case in cases:
        try:
            answer = trial.ask(case, trial.evidence(case).most_bytes, {"audit": True})
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


def _right(trial: Trial, cases: Sequence[Case], variant: Mapping[str, Any]) -> bool:
    """Whether the kernel is right on all cases in a condition in which its launches do not work."""
    return all(_right_on(trial, case, variant) for case in cases)


def _right_on(trial: Trial, case: Case, variant: Mapping[str, Any]) -> bool:
    evidence = trial.evidence(case)
    try:
        answer = trial.ask(case, evidence.most_bytes, variant)
    except Finding:
        return False
    return answer.status == "ok" and compare(evidence, trial.outputs(case, answer)).mismatch is None
