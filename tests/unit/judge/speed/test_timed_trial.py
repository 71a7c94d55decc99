"""Timed trials: answers are the last calls of ordinary batches, on contents that may be new."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.correctness.facets import reseeded
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.judge.speed.timed_trial import TimedTrial
from pytest_kernelbench.model.task import Task
from tests.support.judging import kernel_of_text, task_of
from tests.unit.judge.speed.waves import CODE, RIGHT, task_of_code

TASK = task_of_code(CODE)
CASES = [reseeded(TASK.workloads["small"], seed) for seed in range(3)]


class Trials:
    """Trials that end with the test."""

    def __init__(self) -> None:
        self.made: list[TimedTrial] = []

    def of(self, code: str, task: Task = TASK) -> TimedTrial:
        self.made.append(TimedTrial(kernel_of_text(code, "wave"), task, Oracle(), RunnerSettings("cpu"), 60))
        return self.made[-1]


@pytest.fixture
def trials() -> Iterator[Trials]:
    found = Trials()
    yield found
    for trial in found.made:
        trial.close()


def test_a_right_kernel_on_old_and_new_contents(trials: Trials) -> None:
    trial = trials.of(RIGHT)
    timer = trial.prepare(trial.enter(), CASES, written=False)
    trial.check(timer, CASES[0], sets=3)
    for index, calls in ((0, 1), (2, 5), (1, 64)):
        trial.check(timer, reseeded(CASES[0], 99 + index), sets=3, index=index, calls=calls, rewrite=True)
    assert trial.examples == 4


def test_the_checked_set_is_the_named_one(trials: Trials) -> None:
    trial = trials.of(RIGHT)
    timer = trial.prepare(trial.enter(), CASES, written=False)
    trial.check(timer, CASES[2], sets=3, index=2, calls=7)
    with pytest.raises(Finding) as found:
        trial.check(timer, CASES[1], sets=3, index=2, calls=7)
    assert found.value.status == "wrong_values"


def test_a_result_that_is_cached_by_address(trials: Trials) -> None:
    trial = trials.of("seen = {}\ndef wave(x):\n    return seen.setdefault(x.data_ptr(), x.sin())\n")
    timer = trial.prepare(trial.enter(), CASES, written=False)
    trial.check(timer, CASES[0], sets=3)
    with pytest.raises(Finding) as found:
        trial.check(timer, reseeded(CASES[0], 99), sets=3, rewrite=True)
    assert found.value.status == "wrong_values"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("def wave(x):\n    raise ValueError('no')\n", "runtime_error"),
        ("import os\ndef wave(x):\n    os._exit(1)\n", "crash"),
    ],
)
def test_a_kernel_that_fails_in_its_first_call(code: str, status: str, trials: Trials) -> None:
    trial = trials.of(code)
    with pytest.raises(Finding) as found:
        trial.prepare(trial.enter(), CASES, written=False)
    assert (found.value.status, found.value.case) == (status, CASES[0])


def test_a_kernel_that_dies_later(trials: Trials) -> None:
    trial = trials.of(
        f"import os\ncalls = []\n{RIGHT.replace('return', 'calls.append(0); len(calls) < 4 or os._exit(1); return')}"
    )
    timer = trial.prepare(trial.enter(), CASES, written=False)
    with pytest.raises(Finding) as found:
        trial.check(timer, CASES[0], sets=3, calls=9)
    assert found.value.status == "crash"
    assert trial.runner is None


def test_comparing_is_not_the_kernels_time(trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = trials.of(RIGHT)
    timer = trial.prepare(trial.enter(), CASES, written=False)

    def slowly(*_: Any) -> None:
        with trial.using(contextlib.nullcontext()):
            time.sleep(1)

    monkeypatch.setattr(trial, "assess", slowly)
    before = trial.deadline
    trial.check(timer, CASES[0], sets=3)
    assert trial.deadline - before >= 1


def test_a_reference_that_fails_is_an_error_of_ours(trials: Trials) -> None:
    trial = trials.of(RIGHT)
    timer = trial.prepare(trial.enter(), CASES, written=False)
    trial.task = task_of(lambda input: input.nope, CASES[0])
    with pytest.raises(Finding) as found:
        trial.check(timer, CASES[0], sets=3)
    assert found.value.status == "error"
