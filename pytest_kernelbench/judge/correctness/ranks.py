"""Cases with six dimensions, for operations on tensors of any rank: kernels often count on four at most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace as with_fields

from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.facets import settle
from pytest_kernelbench.judge.correctness.hints import PATIENCE_SHARE, WRONG
from pytest_kernelbench.judge.correctness.pace import TooSlow, chosen
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.case import Case, Tensor, leaves, map_tensors

LEADING = (3, 2)
"""Sizes of the dimensions that are put before the others."""

ANY_RANK = frozenset({1, 2, 3, 4})
"""Ranks of the first tensors in the fixed cases of an operation on tensors of any rank."""

REPEATED = "expanded"
"""Layout in which the first dimension has a stride of its own, so that the first dimensions are not one."""

MAX_CASES = 3
"""Maximum number of cases that are tried."""


def deeper_cases(bases: Sequence[Case]) -> Iterator[Case]:
    """Yield cases with six dimensions, made of those with four, if a task has cases of every rank up to four."""
    ranks = {len(recipe.shape) for case in bases for _, recipe in [*leaves(case)][:1]}
    if not ranks >= ANY_RANK:
        return
    for case in bases:
        deepest = max((len(recipe.shape) for _, recipe in leaves(case)), default=0)
        if deepest == max(ANY_RANK) and all(recipe.numel for _, recipe in leaves(case)):
            deeper = map_tensors(case, _deeper)
            yield deeper
            yield map_tensors(deeper, lambda path, recipe: with_fields(recipe, layout=REPEATED))


def _deeper(path: str, recipe: Tensor) -> Tensor:
    """Return the recipe with two more dimensions if it has four: those of tensors with fewer broadcast."""
    return with_fields(recipe, shape=(*LEADING, *recipe.shape)) if len(recipe.shape) == max(ANY_RANK) else recipe


def more_dimensions(trial: CaseTrial, bases: Sequence[Case]) -> None:
    """Call on a few such cases that the reference takes; raises `Finding` where a result is wrong.

    A kernel may refuse them by an exception: no page says how many dimensions it must take.
    """
    legal = trial.task.contract.layouts
    found = (settle(trial.task, case) for case in deeper_cases(bases))
    chosen_cases = [case for case in found if all(recipe.layout in legal for _, recipe in leaves(case))]
    for case in chosen_cases[:MAX_CASES]:
        try:
            trial.evidence(case)
        except Finding:
            continue
        try:
            with chosen(trial, PATIENCE_SHARE * trial.timeout):
                trial.run(case)
        except TooSlow:
            return
        except Finding as finding:
            if finding.status in WRONG:
                raise Finding(finding.status, f"with six dimensions:\n{finding.message}", finding.case) from None
