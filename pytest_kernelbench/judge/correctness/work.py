"""Who does the work on one case: what launches and others touch, and whose contents the answer is right for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace as with_fields

from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.judge.comparison.compare import compare
from pytest_kernelbench.judge.comparison.evidence import Evidence
from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.facets import INEXACT, reseeded
from pytest_kernelbench.judge.correctness.pace import chosen
from pytest_kernelbench.judge.correctness.trial import Finding, whole
from pytest_kernelbench.judge.correctness.trivial import needs_no_launch, only_moves
from pytest_kernelbench.model.case import Case, Tensor, leaves, map_tensors
from pytest_kernelbench.wire.conditions import CallConditions
from pytest_kernelbench.wire.materialize import materialize

OTHER_SEED = 17
"""Added to seeds for contents that a case does not have: a kernel that keeps results holds the wrong ones for them."""

MIN_PATIENCE = 10.0
"""Seconds that a call may take at least in which launches see other contents than host code does."""

PATIENCE = 20.0
"""The same as a multiple of what an ordinary call takes."""


@dataclass(frozen=True, slots=True)
class CaseWork:
    """The work on one case."""

    case: Case
    launches: int = 0
    touched: int = 0
    """Elements that launches touch which compute: not those that only copy what somebody else has computed."""
    computed: int = 0
    """Elements that computing ATen operations touch, and those that the host reads."""
    operations: Mapping[str, int] | None = None
    """The part of `computed` of each operation."""
    trivial: bool = False
    """Whether a right kernel may answer this case without a launch."""
    copying: bool = False
    """Whether the launches only copy what others have computed, or give the same results for all contents."""
    outside: bool = False
    """Whether the answer is right for contents that no launch saw, although launches read other contents."""

    @property
    def idle(self) -> bool:
        """Whether no launch matters on a case that needs one."""
        return not self.trivial and (self.launches == 0 or self.copying or self.outside)


def audited(trial: CaseTrial, case: Case) -> CaseWork | None:
    """Return the work on a case, or None where the kernel fails.

    Raises a `Finding` where an answer is wrong that is right when nothing is counted.

    The kernel is called twice, on other contents of the same memory first, so that launches whose results never differ
    are found.
    """
    evidence, first, moves = trial.evidence(case), with_other_contents(case), only_moves(trial.evidence(case))
    conditions = CallConditions(audit=True, count_copies=moves)
    try:
        answer = trial.ask(first, evidence.max_bytes, conditions, rewrite=case)
    except Finding:
        return None
    if answer.status != "ok":
        return None
    mismatch = compare(evidence, trial.outputs(case, answer)).mismatch
    if mismatch is not None and not _complex(case):  # counting loses the conjugation of complex views
        if not _right_ordinarily(trial, first, case):
            return None
        raise Finding(mismatch.status, f"when operations of PyTorch are counted:\n{mismatch.message}", case)
    counts = {name: whole(value) for name, value in answer.counts.items()}
    others = counts.get("passed_on", 0) if moves else counts.get("copied", 0)
    touched, constant, computed = (counts.get(name, 0) for name in ("touched", "constant", "computed"))
    launches, copying = counts.get("launches", 0), False
    with chosen(trial, max(MIN_PATIENCE, PATIENCE * answer.seconds)):
        outside = launches > 0 and answered_outside(trial, case, first, moves)
    if touched > 0 and touched == constant + others:
        # Where results do not depend on contents, a launch that gives the same result each time is what is wanted.
        wanted = constant > 0 and (first == case or _right(trial, trial.evidence(first), case, answer))
        copying = not wanted and (others > 0 or outside or computed >= _elements(evidence))
    return CaseWork(
        case,
        launches,
        0 if copying else touched if touched == constant + others else touched - constant - others,
        computed,
        answer.operations,
        trivial=needs_no_launch(evidence),
        copying=copying,
        outside=outside,
    )


def answered_outside(trial: CaseTrial, case: Case, first: Case, moves: bool) -> bool:
    """Whether the answer is right for contents that no launch saw.

    Host code sees the contents of `first` and launches those of `case`. An answer that is right for `case` was computed
    by launches. Copies that host code makes for them show the contents of `case` too, unless `moves` says that copying
    is the task. An answer that is right for neither may have been spoilt by a launch that computes a few elements to
    find out whether launches work, so then one element of each tensor differs.
    """
    pairs = [(first, case)]
    if trial.task.contract.deterministic:  # one element of a random result may be dropped
        pairs.append((case, with_one_changed(case)))
    try:
        for outside, inside in pairs:
            if outside == inside or not _comparable(trial, outside, inside):
                continue
            found = _whose_contents(trial, outside, inside, moves)
            if found is not None:
                return found == "outside"
    except Finding:
        pass
    return False


def _whose_contents(trial: CaseTrial, outside: Case, inside: Case, moves: bool) -> str | None:
    """Return whose contents the answer is right for: `inside` launches or `outside`; None for neither."""
    evidence = trial.evidence(inside)
    for replay in (False,) if moves else (False, True):
        conditions = CallConditions(swap_at_launch=True, replay_copies=replay)
        answer = trial.ask(outside, evidence.max_bytes, conditions, rewrite=inside)
        if answer.status != "ok":
            return "inside"  # nothing is known
        if _right(trial, evidence, inside, _as_if_called_on(inside, outside, answer)):
            return "inside"
    saw = whole(answer.counts.get("swapped_launches")) > 0
    return "outside" if saw and _right(trial, trial.evidence(outside), outside, answer) else None


def _as_if_called_on(inside: Case, outside: Case, answer: Answer) -> Answer:
    """Return the answer with the contents of `inside` in the arguments that the call has left as they were."""
    shown, given = ([guarded.snapshot() for guarded in materialize(case).tensors] for case in (inside, outside))
    memory = [new if after == old else after for after, new, old in zip(answer.memory, shown, given, strict=True)]
    return with_fields(answer, memory=tuple(memory))


def _comparable(trial: CaseTrial, one: Case, other: Case) -> bool:
    """Whether results have the same shapes: integers may be what host code computes sizes from."""
    return _inexact(one) or _shapes(trial.evidence(one)) == _shapes(trial.evidence(other))


def with_other_contents(case: Case) -> Case:
    """Return the case with new numbers in its floating-point tensors; in all, if it has no others.

    Integers stay where they can be what host code computes sizes from.
    """

    def change(path: str, recipe: Tensor) -> Tensor:
        inexact = recipe.dtype.startswith(INEXACT)
        return with_fields(recipe, seed=recipe.seed + OTHER_SEED) if inexact else recipe

    return map_tensors(case, change) if _inexact(case) else reseeded(case, OTHER_SEED)


def with_one_changed(case: Case) -> Case:
    """Return the case with one other number in each floating-point tensor."""
    return map_tensors(
        case, lambda path, recipe: with_fields(recipe, edited=True) if recipe.dtype.startswith(INEXACT) else recipe
    )


def _right(trial: CaseTrial, evidence: Evidence, case: Case, answer: Answer) -> bool:
    return compare(evidence, trial.outputs(case, answer)).mismatch is None


def _right_ordinarily(trial: CaseTrial, first: Case, case: Case) -> bool:
    """Whether the kernel is right in the same two calls if nothing is counted: facets find what it cannot do."""
    evidence = trial.evidence(case)
    try:
        answer = trial.ask(first, evidence.max_bytes, rewrite=case)
    except Finding:
        return False
    return answer.status == "ok" and _right(trial, evidence, case, answer)


def _elements(evidence: Evidence) -> int:
    return sum(expected.eager.numel() for expected in evidence.expected)


def _shapes(evidence: Evidence) -> list[tuple[int, ...]]:
    return [tuple(expected.eager.shape) for expected in evidence.expected]


def _inexact(case: Case) -> bool:
    return any(recipe.dtype.startswith(INEXACT) for _, recipe in leaves(case))


def _complex(case: Case) -> bool:
    return any(recipe.dtype.startswith("complex") for _, recipe in leaves(case))
