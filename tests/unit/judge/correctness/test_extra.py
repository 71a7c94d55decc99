"""Extra cases: what a kernel is too slow for is left out and said, and a hang is still a timeout."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pytest_kernelbench import Case, Task, Tensor
from pytest_kernelbench.judge.correctness import pace
from pytest_kernelbench.judge.correctness.extra import try_drawn, try_extra
from pytest_kernelbench.judge.correctness.pace import Pace, TooSlow
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.model.record import Record
from tests.support.judging import ScriptedTrial
from tests.unit.judge.correctness.test_judgement import judged

SMALL, LARGE = Case(x=Tensor((2000,))), Case(x=Tensor((40_000,)))
TASK = Task(lambda x: x * 2, lambda draw, given: SMALL, (SMALL,), large=(LARGE,))


def test_times_are_scaled_by_elements() -> None:
    seen = Pace()
    assert (seen.least(10**9), seen.most(1)) == (0.0, math.inf)
    seen.note(10, 9.0)
    assert (seen.least(10**9), seen.most(1)) == (0.0, math.inf)
    for size, seconds in ((100, 1.0), (2000, 2.0), (4000, 1.0)):
        seen.note(size, seconds)
    assert seen.least(8000) == 2.0
    assert seen.most(100) == pace.HANG


def trial_of(seconds: float) -> ScriptedTrial:
    trial = ScriptedTrial(TASK, lambda conditions, x: x * 2)
    trial.pace.note(4000, seconds)
    return trial


def test_a_large_case_is_judged() -> None:
    trial = ScriptedTrial(TASK, lambda conditions, x: x * 2 if x.numel() < 8192 else x)
    with pytest.raises(Finding, match="got"):
        try_extra(trial, "sizes", 60.0)
    assert trial.observed == {}


def test_a_case_that_would_take_too_long_is_not_tried() -> None:
    trial = trial_of(seconds=4.0)
    try_extra(trial, "sizes", 60.0)
    assert list(trial.observed) == [f"not tried, too slow here: {LARGE}"]
    assert trial.conditions == []


def test_without_time_left_no_case_is_tried() -> None:
    trial = trial_of(seconds=0.001)
    assert try_extra(trial, "sizes", 0.0) < 1
    assert list(trial.observed) == [f"not tried, too slow here: {LARGE}"]


def test_facets_without_extra_cases() -> None:
    trial = trial_of(seconds=0.001)
    try_extra(trial, "layouts", 60.0)
    assert (trial.conditions, trial.observed) == ([], {})


def test_a_drawn_case_that_would_take_too_long_is_left_out() -> None:
    trial = trial_of(seconds=4.0)
    try_drawn(trial, "sizes", LARGE)
    assert list(trial.observed) == ["drawn cases that it is too slow for were left out of sizes"]
    try_drawn(trial, "sizes", SMALL)
    assert len(trial.conditions) == 1


class Stuck(ScriptedTrial):
    """A kernel whose calls time out."""

    def ask(self, case: Case, *rest: Any, **options: Any) -> Any:
        raise Finding("timeout", "no answer", case)


def test_a_timeout_is_a_finding_only_where_the_call_should_have_ended_long_before() -> None:
    trial = Stuck(TASK, lambda conditions, x: x)
    trial.pace.note(4000, 1e-6)
    with pytest.raises(Finding, match="no answer"):
        try_drawn(trial, "sizes", LARGE)
    trial.pace.note(4000, 0.5)
    try_drawn(trial, "sizes", LARGE)
    assert len(trial.observed) == 1


def test_an_allowance_holds_for_extra_cases_alone_and_their_time_does_not_count() -> None:
    trial = trial_of(seconds=0.001)
    deadline = trial.deadline
    with pace.chosen(trial, 1e-9), pytest.raises(TooSlow):
        trial.run(LARGE)
    assert trial.allowance is None
    assert trial.deadline > deadline


def record_of(code: str, **settings: Any) -> Record:
    return judged(code, TASK, facets=("basic", "sizes"), **settings)


def test_a_kernel_that_is_slow_on_large_cases_passes_and_its_record_says_so() -> None:
    code = "import time\ndef double(x):\n    time.sleep(len(x) * {})\n    return x * 2\n"
    slow = record_of(code.format("1e-4"), timeout=4.0)
    assert (slow.status, list(slow.observations)) == ("passed", [f"not tried, too slow here: {LARGE}"])
    fast = record_of(code.format("1e-7"), timeout=40.0)
    assert (fast.status, list(fast.observations)) == ("passed", [])


def test_a_kernel_that_is_wrong_on_a_large_case() -> None:
    record = record_of("def double(x):\n    return x * 2 if len(x) < 8192 else x\n")
    assert record.facets == {"basic": "passed", "sizes": "wrong_values"}
    assert record.failure is not None
    assert record.failure.case == repr(LARGE)
