"""Cases that a kernel answers without a launch that matters, counted over everything that was judged.

A kernel may leave a kind of case to PyTorch that its launches do not know, such as integers or a mode of rounding. It
must not do so for a part of the cases of a kind that it launches on, by their size, their layout or `out`. Of large
cases there are few, and each stands for all larger ones, so one is enough if it launches on the same in small.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.facets import fixed_cases
from pytest_kernelbench.judge.correctness.growth import SHAPES
from pytest_kernelbench.judge.correctness.large import large_cases
from pytest_kernelbench.judge.correctness.pace import chosen
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.judge.correctness.trivial import needs_no_launch, only_moves
from pytest_kernelbench.judge.correctness.work import MIN_PATIENCE, answered_outside, audited, with_other_contents
from pytest_kernelbench.model.case import Case, DType, Tensor
from pytest_kernelbench.model.task import Task

MAX_SHARE = 0.1
"""Share of the cases that a kernel may answer without a launch that matters, though it launches on others like them."""

MAX_SHARE_OF_ALL = 0.5
"""Share of the cases that it may answer so, whether or not there are others like them."""

SORTS = {"float64": "double", "bool": "bool"}
"""Sorts of dtypes that kernels often leave to PyTorch; `_sort` has the others."""

SURVEYED = ("sizes", "dtypes", "layouts")
"""Facets from which cases are taken on which launches see other contents than host code does."""

SURVEYED_CASES = 2
"""Cases of each of these facets."""

MIN_SURVEYED = 2
"""Cases that a survey must find."""

MAX_AUDITED_SECONDS = 0.2
"""Seconds of a call on a large case that is audited: counting takes about twenty times as long."""

NAMED_CASES = 3
"""Cases that an observation names."""

MAX_NAME = 48
"""Characters of each of them."""


def answered_elsewhere(trial: CaseTrial, task: Task, idle: Sequence[Case], facets: Sequence[str]) -> str | None:
    """Return what a kernel that passed these facets answers without a launch that matters; None if little enough.

    `idle` are audited cases on which no launch matters.
    """
    large = idle_large(trial, task) if "sizes" in facets else ()
    return fallback(trial, (*idle, *large)) or surveyed_fallback(trial, task, facets)


def fallback(trial: CaseTrial, idle: Sequence[Case]) -> str | None:
    """Return what the kernel answers without a launch that matters, in words; None if that is little enough.

    `idle` are audited cases on which no launch matters.
    """
    needing = [case for case, launched in trial.launched.items() if launched or not _trivial(trial, case)]
    needing = list(dict.fromkeys([*needing, *idle]))
    found = [case for case in needing if case in idle or not trial.launched[case]]
    kinds = {_kind(case) for case in needing if case not in found}
    alike = [case for case in found if _kind(case) in kinds]
    smaller = {_but_for_sizes(case) for case in needing if case not in found}
    large = [case for case in found if case in large_cases(trial.task) and _but_for_sizes(case) in smaller]
    return (
        _in_words(alike, len(needing))
        or _in_words(found, len(needing), MAX_SHARE_OF_ALL)
        or (f"answers large cases without a launch that matters: {_named(large)}" if large else None)
    )


def idle_large(trial: CaseTrial, task: Task) -> tuple[Case, ...]:
    """Return the largest case that is quick enough for an audit, if no launch matters on it."""
    quick = [case for case in large_cases(task) if trial.seconds.get(case, MAX_AUDITED_SECONDS) < MAX_AUDITED_SECONDS]
    for case in quick[-1:]:
        with chosen(trial, MIN_PATIENCE), suppress(Finding):
            work = audited(trial, case)
            return (case,) if work is not None and work.idle else ()
    return ()


def _kind(case: Case) -> str:
    """Return what decides whether launches know a case: the sorts of dtypes, which options are given, and flags."""
    return repr({name: _sort(value) for name, value in case.arguments.items() if name != "out"})


def _sort(value: object) -> object:
    if isinstance(value, (Tensor, DType)):
        dtype = value.dtype if isinstance(value, Tensor) else value.name
        return SORTS.get(dtype) or next((sort for sort in ("complex", "float") if sort in dtype), "integer")
    if isinstance(value, (tuple, list)):
        return sorted({repr(_sort(item)) for item in value})
    return value if isinstance(value, (str, bool, type(None))) else "number"


def _but_for_sizes(case: Case) -> str:
    """Return what a case has in common with those that differ from it in nothing but sizes."""

    def shown(value: object) -> object:
        if isinstance(value, Tensor):
            return value.dtype, len(value.shape), value.layout
        return [shown(item) for item in value] if isinstance(value, (tuple, list)) else repr(value)

    sizes = {name: type(value).__name__ for name, value in case.arguments.items() if name in SHAPES}
    return repr({name: shown(value) for name, value in case.arguments.items()} | sizes)


def surveyed_fallback(trial: CaseTrial, task: Task, facets: Sequence[str]) -> str | None:
    """Return the same for a few cases of these facets, on which launches see other contents than host code does.

    This finds files whose launches do not matter on cases that the audit has left out. One case alone shows nothing.
    """
    cases = [case for facet in SURVEYED if facet in facets for case in _few(trial, fixed_cases(task, facet))]
    found = [case for case in cases if _outside(trial, case)]
    return _in_words(found, len(cases)) if len(found) >= MIN_SURVEYED else None


def _in_words(found: Sequence[Case], total: int, limit: float = MAX_SHARE) -> str | None:
    if len(found) <= limit * total:
        return None
    return f"answers {len(found)} of {total} cases without a launch that matters: {_named(found)}"


def _named(found: Sequence[Case]) -> str:
    return ", ".join(_short(case) for case in found[:NAMED_CASES])


def _few(trial: CaseTrial, cases: Sequence[Case]) -> list[Case]:
    """Return some of the cases that were answered with a launch, spread evenly."""
    usable = [case for case in cases if trial.launched.get(case) and not _trivial(trial, case)]
    return usable[:: max(1, len(usable) // SURVEYED_CASES)][:SURVEYED_CASES]


def _outside(trial: CaseTrial, case: Case) -> bool:
    with chosen(trial, MIN_PATIENCE):
        return answered_outside(trial, case, with_other_contents(case), only_moves(trial.evidence(case)))


def _trivial(trial: CaseTrial, case: Case) -> bool:
    try:
        return needs_no_launch(trial.evidence(case))
    except Finding:
        return True


def _short(case: Case) -> str:
    text = repr(case)
    return text if len(text) <= MAX_NAME else f"{text[:MAX_NAME]}..."
