"""The rule `fallback`: which cases are answered without a launch that matters, and how many are too many."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.correctness import fallback as module
from pytest_kernelbench.judge.correctness.fallback import fallback, idle_large, surveyed_fallback
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.judge.correctness.work import CaseWork
from pytest_kernelbench.model.case import replace
from pytest_kernelbench.model.rules import broken
from tests.support.judging import ScriptedTrial, task_of

CASES = [Case(x=Tensor((size,))) for size in range(2, 22)]
TASK = task_of(lambda x: x.sin(), CASES[0])


def trial_of(launchless: int) -> ScriptedTrial:
    """Return a trial in which some of the cases were answered without a launch."""
    trial = ScriptedTrial(TASK, lambda conditions, x: x.sin())
    trial.launched = {case: index >= launchless for index, case in enumerate(CASES)}
    return trial


@pytest.mark.parametrize(("launchless", "found"), [(0, False), (2, False), (3, True), (20, True)])
def test_more_than_a_tenth_is_too_much(launchless: int, found: bool) -> None:
    text = fallback(trial_of(launchless), ())
    assert (text is not None) == found
    if text is not None:
        assert text.startswith(f"answers {launchless} of 20 cases without a launch that matters: Case(x=Tensor((2,)))")
        assert len(text) < 300


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"x": Tensor((9, 4), "float16", layout="transposed")}, True),
        ({"dim": 3}, True),
        ({"out": Tensor((2,))}, True),
        ({"x": Tensor((2,), "float64")}, False),
        ({"x": Tensor((2,), "int64")}, False),
        ({"x": Tensor((2,), "complex64")}, False),
        ({"mode": "floor"}, False),
        ({"mode": True}, False),
        ({"dim": (1, 2)}, False),
    ],
)
def test_a_kind_of_case_may_be_left_to_others(changes: dict[str, Any], kind: bool) -> None:
    trial, base = trial_of(0), Case(x=Tensor((2,)), dim=1, mode=None)
    trial.launched |= {replace(case, dim=1, mode=None): True for case in CASES}
    trial.launched |= {replace(base, seed=seed, **changes): False for seed in range(9)}
    trial.launched |= {replace(base, seed=seed): True for seed in range(9)}
    assert (fallback(trial, ()) is not None) == kind


def test_most_cases_may_not_be_left_to_others() -> None:
    trial = trial_of(0)
    trial.launched |= {Case(x=Tensor((size,), "int64")): False for size in range(2, 22)}
    assert fallback(trial, ()) is None
    trial.launched[Case(x=Tensor((99,), "int64"))] = False
    assert fallback(trial, ()) is not None


@pytest.mark.parametrize(("layout", "found"), [("contiguous", True), ("strided", False)])
def test_one_large_case_is_enough_if_it_is_launched_on_in_small(
    monkeypatch: pytest.MonkeyPatch, layout: str, found: bool
) -> None:
    large, trial = Case(x=Tensor((70_001,), layout=layout)), trial_of(0)
    monkeypatch.setattr(module, "large_cases", lambda task: (large,))
    trial.launched[large] = False
    text = fallback(trial, ())
    assert (text is not None) == found
    if text is not None:
        assert text == f"answers large cases without a launch that matters: {large!r}"


def test_cases_that_need_no_launch_do_not_count() -> None:
    trial = trial_of(2)
    trial.launched |= {Case(x=Tensor((0, size))): False for size in range(9)}
    trial.launched |= {Case(x=Tensor((), seed=size)): False for size in range(9)}
    assert fallback(trial, ()) is None


def test_idle_cases_of_the_audit_count_once() -> None:
    assert fallback(trial_of(2), CASES[:2]) is None
    assert fallback(trial_of(2), CASES[:3]) is not None


@pytest.mark.parametrize(("outside", "found"), [(0, False), (1, False), (2, True)])
def test_a_survey_takes_cases_of_other_facets(monkeypatch: pytest.MonkeyPatch, outside: int, found: bool) -> None:
    asked: list[Case] = []

    def answered_outside(trial: Any, case: Case, first: Case, moves: bool) -> bool:
        asked.append(case)
        return len(asked) <= outside

    monkeypatch.setattr(module, "fixed_cases", lambda task, facet: CASES[:9])
    monkeypatch.setattr(module, "answered_outside", answered_outside)
    assert (surveyed_fallback(trial_of(0), TASK, ("basic", "sizes", "layouts")) is not None) == found
    assert asked == [CASES[0], CASES[4]] * 2


@pytest.mark.parametrize(("seconds", "idle", "found"), [(0.1, True, True), (0.1, False, False), (9.0, True, False)])
def test_the_largest_case_that_is_quick_is_audited(
    monkeypatch: pytest.MonkeyPatch, seconds: float, idle: bool, found: bool
) -> None:
    large, trial = [Case(x=Tensor((size,))) for size in (70_001, 80_001, 90_001)], trial_of(0)
    trial.seconds = dict.fromkeys(large[:2], seconds)
    monkeypatch.setattr(module, "large_cases", lambda task: tuple(large))
    monkeypatch.setattr(module, "audited", lambda trial, case: CaseWork(case, launches=1, copying=idle))
    assert idle_large(trial, TASK) == ((large[1],) if found else ())


def test_an_audit_that_fails_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(trial: Any, case: Case) -> None:
        raise Finding("wrong_values", "got 1", case)

    trial = trial_of(0)
    trial.seconds = {CASES[0]: 0.1}
    monkeypatch.setattr(module, "large_cases", lambda task: CASES[:1])
    monkeypatch.setattr(module, "audited", fail)
    assert idle_large(trial, TASK) == ()


def test_the_rule_can_be_allowed() -> None:
    observed = {"answers 3 of 20 cases": "fallback"}
    (reason,) = broken(observed, (), "triton")
    assert "--kb-allow=fallback allows that" in reason
    assert (
        broken(observed, ("fallback",), "triton") == broken(observed, (), "torch") == broken(observed, (), "cuda") == []
    )
