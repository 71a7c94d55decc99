"""Trials: the assessment of answers, and runners that are replaced when they die."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pytest_kernelbench import Case, Contract, Tensor
from pytest_kernelbench.host.answers import Answer
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.comparison.oracle import Oracle
from pytest_kernelbench.judge.correctness.case_trial import CaseTrial
from pytest_kernelbench.judge.correctness.trial import Finding, whole
from pytest_kernelbench.model.submission import entry_points
from tests.support.judging import ScriptedTrial, kernel_of_text, task_of

CASE = Case(x=Tensor((3, 4)), y=Tensor((3, 4), seed=1))


def add(x, y, out=None):
    return x + y


TASK = task_of(add, CASE, entry="plus")


@pytest.fixture
def closing() -> Iterator[list[CaseTrial]]:
    """Trials that end with the test."""
    trials: list[CaseTrial] = []
    yield trials
    for trial in trials:
        trial.close()


def trial_of(code: str, closing: list[CaseTrial], timeout: float = 60, task: Any = TASK) -> CaseTrial:
    trial = CaseTrial(kernel_of_text(code, "add"), task, Oracle(), RunnerSettings("cpu"), timeout)
    closing.append(trial)
    return trial


def test_a_right_kernel_is_assessed(closing: list[CaseTrial]) -> None:
    trial = trial_of("print('loaded')\ndef add(x, y):\n    return x + y\n", closing)
    trial.load()
    for _ in range(2):
        assert trial.run(CASE).status == "ok"
    assert (trial.examples, trial.grade, trial.violation, trial.orphaned) == (2, "ieee", None, False)
    assert trial.runner_seconds > 0
    assert not trial.on_gpu
    assert not trial.hurried
    assert not trial.expired
    trial.close()
    assert trial.printed == "loaded\n"
    assert trial.runner is None


@pytest.mark.parametrize("name", ["add", "kernel_function", "plus"])
def test_the_names_of_an_entry_point(name: str, closing: list[CaseTrial]) -> None:
    trial = trial_of(f"def {name}(a, b):\n    return a + b\n", closing)
    assert trial.run(CASE).status == "ok"
    assert entry_points(trial.kernel, TASK) == ["add", "kernel_function", "plus"]
    assert entry_points(trial.kernel, task_of(add, CASE)) == ["add", "kernel_function"]


@pytest.mark.parametrize(
    ("code", "status", "text"),
    [
        ("def add(x, y):\n    return x +\n", "load_error", "SyntaxError"),
        ("def other(x, y):\n    pass\n", "load_error", "add"),
        ("import os\nos._exit(3)\n", "crash", "exit"),
    ],
)
def test_a_kernel_that_cannot_be_loaded(code: str, status: str, text: str, closing: list[CaseTrial]) -> None:
    with pytest.raises(Finding) as found:
        trial_of(code, closing).load()
    assert found.value.status == status
    assert text in found.value.message
    assert found.value.case is None


def test_entering_the_device_is_not_the_time_of_the_kernel(
    closing: list[CaseTrial], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU takes seconds to enter, and longer while other processes enter it."""

    def slow(runner: Runner, timeout: float) -> None:
        if timeout < 5:
            raise runner.died("timeout", f"no answer within {timeout:.0f} s")
        monkeypatch.setattr(Runner, "ready", ready)
        time.sleep(1)
        ready(runner, timeout)

    ready = Runner.ready
    monkeypatch.setattr(Runner, "ready", slow)
    trial = trial_of("def add(x, y):\n    return x + y\n", closing, timeout=8)
    trial.load()
    assert trial.deadline - time.monotonic() > 7.5


def test_a_runner_that_cannot_be_started_is_no_fault_of_the_kernel(
    closing: list[CaseTrial], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ready(runner: Runner, timeout: float) -> None:
        raise runner.died("timeout", "no answer")

    monkeypatch.setattr(Runner, "ready", ready)
    trial = trial_of("def add(x, y):\n    return x + y\n", closing)
    with pytest.raises(Finding, match="no runner could be started: no answer") as found:
        trial.run(CASE)
    assert (found.value.status, trial.runner) == ("error", None)


def test_an_exception_is_a_finding_and_the_runner_stays(closing: list[CaseTrial]) -> None:
    trial = trial_of("def add(x, y):\n    return x.nope\n", closing)
    with pytest.raises(Finding, match="AttributeError") as found:
        trial.run(CASE)
    assert (found.value.status, found.value.case) == ("runtime_error", CASE)
    assert trial.runner is not None
    assert trial.runner.alive
    assert trial.examples == 0


def test_a_runner_that_dies_is_replaced(closing: list[CaseTrial]) -> None:
    trial = trial_of("import os\ndef add(x, y):\n    os._exit(1) if len(x) > 3 else None\n    return x + y\n", closing)
    with pytest.raises(Finding) as found:
        trial.run(Case(x=Tensor((4,)), y=Tensor((4,))))
    assert found.value.status == "crash"
    assert trial.runner is None
    assert trial.run(CASE).status == "ok"


def test_a_call_that_hangs_costs_a_share_of_the_time(closing: list[CaseTrial]) -> None:
    trial = trial_of("def add(x, y):\n    while len(x) > 3:\n        pass\n    return x + y\n", closing, timeout=8)
    trial.run(CASE)
    with pytest.raises(Finding, match="no answer within 2 s") as found:
        trial.run(Case(x=Tensor((4,)), y=Tensor((4,))))
    assert found.value.status == "timeout"
    assert not trial.expired


def test_without_time_nothing_is_called(closing: list[CaseTrial]) -> None:
    trial = trial_of("def add(x, y):\n    return x + y\n", closing)
    trial.deadline = 0.0
    assert trial.expired
    with pytest.raises(Finding, match=r"not judged within 60 s \(--kb-timeout\)"):
        trial.run(CASE)
    assert trial.runner is None


def test_new_contents_in_the_same_memory(closing: list[CaseTrial]) -> None:
    trial = trial_of("seen = {}\ndef add(x, y):\n    return seen.setdefault(x.data_ptr(), x + y)\n", closing)
    trial.run(CASE)
    other = Case(x=Tensor((3, 4), seed=7), y=Tensor((3, 4), seed=8))
    with pytest.raises(Finding) as found:
        trial.run(CASE, rewrite=other)
    assert (found.value.status, found.value.case) == ("wrong_values", other)


def test_a_reference_that_fails_is_an_error_of_ours() -> None:
    trial = ScriptedTrial(task_of(lambda x, y: x.nope, CASE), lambda conditions, x, y: x)
    with pytest.raises(Finding, match="the reference fails on Case") as found:
        trial.run(CASE)
    assert found.value.status == "error"


def test_grades_and_launches_are_those_of_all_calls() -> None:
    import torch

    case = Case(x=Tensor((64, 64)), y=Tensor((64, 64), seed=1))

    def coarse(value: Any) -> Any:
        return (value.view(torch.int32) & ~0x1FFF).view(torch.float32)

    def matmul(x: Any, y: Any) -> Any:
        return x @ y

    task = task_of(matmul, case, tf32=True, accumulation=lambda case: 64)
    trial = ScriptedTrial(task, lambda conditions, x, y: coarse(x) @ coarse(y), counts={"launches": 3})
    trial.run(case)
    trial.function, trial.counts = lambda conditions, x, y: x @ y, {"launches": True}
    trial.run(case)
    assert (trial.grade, trial.launches, trial.examples) == ("tf32", 3, 2)


def spoil_guard(conditions: Any, x: Any, y: Any) -> Any:
    import ctypes

    ctypes.memset(x.data_ptr() - 1, 0, 1)
    return x + y


def spoil_input(conditions: Any, x: Any, y: Any) -> Any:
    result = x + y
    y[0, 0] = 3
    return result


def spoil_shape(conditions: Any, x: Any, y: Any) -> Any:
    result = x + y
    x.resize_(12)
    return result


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (spoil_guard, "memory outside of x was written"),
        (spoil_input, "y was changed: it is only an input"),
        (spoil_shape, "shape or strides of x were changed"),
        (lambda conditions, x, y: x.add_(y), "x was changed: it is only an input"),
    ],
)
def test_a_breach_of_contract_is_noted_once(function: Any, text: str) -> None:
    trial = ScriptedTrial(TASK, function)
    trial.run(CASE)
    assert trial.violation is not None
    assert (trial.violation.status, trial.violation.message, trial.violation.case) == ("contract", text, CASE)
    first = trial.violation
    trial.run(CASE)
    assert trial.violation is first


def test_a_result_in_an_inputs_memory() -> None:
    case = Case(x=Tensor((3,)))
    for contract, breach in ((Contract(), True), (Contract(alias=True), False)):
        trial = ScriptedTrial(task_of(lambda x: x, case, contract=contract), lambda conditions, x: x)
        trial.run(case)
        assert (trial.violation is not None) is breach
        if trial.violation is not None:
            assert trial.violation.message == "the result shares memory with x"


def test_what_is_written_may_change() -> None:
    def reference(x: Any, state: Any) -> Any:
        state += x
        return x * 2

    case = Case(x=Tensor((3,)), state=Tensor((3,)))
    task = task_of(reference, case, mutates=("state",))
    trial = ScriptedTrial(task, lambda conditions, x, state: reference(x, state))
    trial.run(case)
    assert trial.violation is None
    trial.function = lambda conditions, x, state: x * 2
    with pytest.raises(Finding, match=r"^state\["):
        trial.run(case)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"overwritten": True}, "the call changed the result of the previous call"),
        ({"unready": True}, "the result is not ready on the caller's stream"),
        ({}, "the result is on the cpu, wanted on the GPU"),
    ],
)
def test_what_only_a_runner_can_see(fields: dict[str, Any], text: str) -> None:
    trial = ScriptedTrial(TASK, lambda conditions, x, y: x + y, device="cuda:GPU-1")
    answer = replace(trial.ask(CASE, 0), **fields)
    trial.assess(CASE, trial.evidence(CASE), answer)
    assert trial.violation is not None
    assert text in trial.violation.message


def test_observations_are_kept_with_the_rules_that_they_break() -> None:
    trial = ScriptedTrial(TASK, lambda conditions, x, y: x + y)
    trial.observe(Answer("ok", observations=(("", "starts threads"), ("clocks", "replaces time.time"))))
    trial.observe(Answer("ok", observations=(("", "starts threads"),)))
    assert trial.observed == {"starts threads": "", "replaces time.time": "clocks"}


def test_half_of_the_time_is_gone_on_a_gpu() -> None:
    trial = ScriptedTrial(TASK, lambda conditions, x, y: x + y, device="cuda:GPU-1")
    assert not trial.hurried
    trial.deadline -= 31
    assert trial.hurried


def test_counts_of_a_runner_are_natural_numbers() -> None:
    assert [whole(value) for value in (3, 0, -1, 2.0, "3", None)] == [3, 0, 0, 0, 0, 0]
