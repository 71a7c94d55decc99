"""The work on one case: which launches count, and whose contents an answer is right for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.judge.correctness.work import (
    CaseWork,
    answered_outside,
    audited,
    with_one_changed,
    with_other_contents,
)
from pytest_kernelbench.wire.conditions import ORDINARY, CallConditions
from pytest_kernelbench.wire.materialize import materialize
from tests.support.judging import ScriptedTrial, task_of

CASE = Case(x=Tensor((40,)), index=Tensor((3,), "int64", "integers(0, 9)"))
OTHER = with_other_contents(CASE)


def reference(x: Any, index: Any) -> Any:
    return x.sin()


class Swapped(ScriptedTrial):
    """A trial in which a function of what is outside and inside of launches answers where the two differ."""

    def __init__(self, answers: Callable[[Any, Any], Any], counts: Any = None) -> None:
        task = task_of(reference, CASE)
        found = {"launches": 1, "touched": 80, "swapped_launches": 1, **(counts or {})}
        super().__init__(task, lambda conditions, x, index: x.sin(), counts=found)
        self.answers = answers

    def ask(
        self, case: Case, max_bytes: int, conditions: CallConditions = ORDINARY, rewrite: Case | None = None
    ) -> Answer:
        if not conditions.swap_at_launch:
            return super().ask(case, max_bytes, conditions, rewrite)
        assert rewrite is not None
        inside = materialize(rewrite).values["x"]
        self.function = lambda conditions, x, index: self.answers(x, inside)
        return super().ask(case, max_bytes, conditions)


def test_only_inexact_numbers_change() -> None:
    assert repr(OTHER) == "Case(x=Tensor((40,), seed=17), index=Tensor((3,), 'int64', fill='integers(0, 9)'))"
    assert with_one_changed(CASE).x.edited
    assert not with_one_changed(CASE).index.edited
    integers = Case(x=Tensor((3,), "int64", "integers(0, 9)"))
    assert with_other_contents(integers).x.seed == 17


@pytest.mark.parametrize(
    ("answers", "outside"),
    [
        (lambda outside, inside: inside.sin(), False),
        (lambda outside, inside: outside.sin(), True),
        (lambda outside, inside: outside.sin() * inside, False),
        # Spoilt where a launch of the first elements shows other contents than the host sees.
        (lambda outside, inside: outside.sin() * (outside[:4] == inside[:4]).all(), True),
    ],
)
def test_an_answer_for_contents_that_no_launch_saw(answers: Callable[[Any, Any], Any], outside: bool) -> None:
    assert answered_outside(Swapped(answers), CASE, OTHER, moves=False) == outside
    work = audited(Swapped(answers), CASE)
    assert work is not None
    assert (work.outside, work.idle) == (outside, outside)


def test_launches_that_read_nothing_of_it_show_nothing() -> None:
    trial = Swapped(lambda outside, inside: outside.sin(), {"swapped_launches": 0})
    assert not answered_outside(trial, CASE, OTHER, moves=False)


def test_a_call_that_fails_or_hangs_shows_nothing() -> None:
    def failing(outside: Any, inside: Any) -> Any:
        raise Finding("timeout", "hangs")

    assert not answered_outside(Swapped(failing), CASE, OTHER, moves=False)
    assert not answered_outside(Swapped(lambda *both: Answer("runtime_error")), CASE, OTHER, moves=False)


def test_copies_are_made_again_unless_they_are_the_task() -> None:
    for moves, replays in ((False, [False, True]), (True, [False])):
        trial = Swapped(lambda outside, inside: outside.sin())
        answered_outside(trial, CASE, OTHER, moves=moves)
        assert [conditions.replay_copies for conditions in trial.conditions] == replays


@pytest.mark.parametrize(
    ("counts", "touched", "copying"),
    [
        ({}, 80, False),
        ({"copied": 30}, 50, False),
        ({"copied": 80}, 0, True),
        ({"copied": 80, "passed_on": 80}, 0, True),
        ({"constant": 80}, 80, False),
        ({"constant": 80, "computed": 40}, 0, True),
        ({"constant": 40, "copied": 40}, 0, True),
    ],
)
def test_launches_that_only_copy_do_not_count(counts: dict[str, int], touched: int, copying: bool) -> None:
    work = audited(Swapped(lambda outside, inside: inside.sin(), counts), CASE)
    assert work is not None
    assert (work.touched, work.copying, work.idle) == (touched, copying, copying)


def test_a_wrong_answer_in_the_audit_is_found() -> None:
    trial = ScriptedTrial(task_of(reference, CASE), lambda conditions, x, index: x if conditions.audit else x.sin())
    with pytest.raises(Finding, match="when operations of PyTorch are counted"):
        audited(trial, CASE)


def test_a_case_on_which_the_kernel_is_wrong_anyway_is_left_to_other_facets() -> None:
    assert audited(ScriptedTrial(task_of(reference, CASE), lambda conditions, x, index: x), CASE) is None


def test_a_case_is_idle_without_a_launch_that_matters() -> None:
    assert CaseWork(CASE).idle
    assert not CaseWork(CASE, trivial=True).idle
    assert not CaseWork(CASE, launches=1).idle
    assert CaseWork(CASE, launches=1, copying=True).idle
    assert CaseWork(CASE, launches=1, outside=True).idle
