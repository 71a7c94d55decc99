"""Assessors: what they say of an answer is what the judge says, word for word."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.comparison.evidence import OracleError, collect_evidence
from pytest_kernelbench.judge.correctness.trial import Finding
from pytest_kernelbench.judge.speed import assessing as assessing_of
from pytest_kernelbench.judge.speed.assessing import KEPT, Assessing, moved
from pytest_kernelbench.judge.speed.assessor import Assessor, Expected
from pytest_kernelbench.model.case_codec import encode
from tests.support.judging import output
from tests.unit.judge.speed.test_timed_trial import CASES, Trials
from tests.unit.judge.speed.waves import CODE, IN_PLACE, RIGHT, benchmark_of, task_of_code

LARGEST = """
from pytest_kernelbench import Case, Task, Tensor

def reference(input):
    return input.argmax(-1)

case = Case(input=Tensor((10, 100)))
task = Task(reference, lambda draw, request: case, fixed_cases=(case,), compare="gathered", workloads={"small": case})
"""

KERNELS = {
    "right": RIGHT,
    "wrong": "def wave(input):\n    return input.sin() + (input > 3) * 1e-4\n",
    "NaN": "def wave(input):\n    return input.sin().where(input < 2, float('nan'))\n",
    "dtype": "def wave(input):\n    return input.sin().half()\n",
    "shape": "def wave(input):\n    return input.sin()[:5]\n",
    "several": "def wave(input):\n    return input.sin(), input\n",
    "no tensor": "def wave(input):\n    return 1\n",
    "alias": "def wave(input):\n    return input.sin_()\n",
    "guards": "import ctypes\ndef wave(x):\n    ctypes.memset(x.data_ptr() - 1, 0, 1)\n    return x.sin()\n",
    "raises": "def wave(input):\n    raise ValueError('no')\n",
}


class Named(Assessor):
    """An assessor for which a kernel's task has another name."""

    def __init__(self, other: Assessor, name: str) -> None:
        self.other, self.name = other, name

    def expect(self, name: str, case: Case, timeout: float) -> Expected:
        return self.other.expect(self.name, case, timeout)

    def assess(self, name: str, *rest: Any, **named: Any) -> Any:
        return self.other.assess(self.name, *rest, **named)

    def start(self) -> None:
        self.other.start()


@pytest.fixture(scope="module")
def assessor() -> Iterator[Assessor]:
    """An assessor on the CPU, which serves all tests of this file."""
    codes = {"wave": CODE, "in_place": IN_PLACE, "largest": LARGEST, "broken": CODE.replace("sin()", "nothing()")}
    found = Assessor("cpu", codes.__getitem__)
    yield found
    found.close()


@pytest.fixture
def trials() -> Iterator[Trials]:
    found = Trials()
    yield found
    for trial in found.made:
        trial.close()


def findings(trials: Trials, code: str, assessor: Assessor | None) -> tuple[Any, ...]:
    """Return what a trial of a kernel finds: status, message and case of a failure, the breach, and the grade."""
    trial = trials.of(code)
    trial.assessor = assessor
    found: tuple[Any, ...] = (None, None, None)
    try:
        timer = trial.prepare(trial.enter(), CASES, written=False)
        trial.check(timer, CASES[0], sets=3)
        trial.check(timer, CASES[1], sets=3, index=1, edit=1234)
    except Finding as raised:
        found = (raised.status, raised.message, raised.case)
    breach = trial.violation.message if trial.violation is not None else None
    return (*found, breach, trial.grade, trial.examples)


@pytest.mark.parametrize("name", KERNELS)
def test_the_findings_of_an_assessor_are_those_of_the_judge(trials: Trials, assessor: Assessor, name: str) -> None:
    there, here = (findings(trials, KERNELS[name], each) for each in (assessor, None))
    assert there == here
    assert (there[0] is None and there[3] is None) == (name == "right")


@pytest.mark.parametrize(
    ("name", "kernel", "status"),
    [("in_place", "def wave(input):\n    return input.sin_()\n", "passed"),
     ("in_place", "def wave(input):\n    return input.cos_()\n", "wrong_values"),
     ("largest", "def wave(input):\n    return input.argmax(-1)\n", "passed"),
     ("largest", "def wave(input):\n    return input.argmin(-1)\n", "wrong_values")],
)  # fmt: skip
def test_records_of_whole_benchmarks(assessor: Assessor, name: str, kernel: str, status: str) -> None:
    benchmark = benchmark_of(kernel, task_code=IN_PLACE if name == "in_place" else LARGEST)
    benchmark.trial.assessor = Named(assessor, name)
    benchmark.backend.parallel = status == "passed"
    record = benchmark.run()
    assert record.status == status, record.failure


OTHER_INPUTS = """
from pytest_kernelbench.runner import timing
make = timing.materialize
def spoilt(case, *rest):
    made = make(case, *rest)
    made.values["input"][7] += 1
    return made
timing.materialize = spoilt
"""


@pytest.mark.parametrize("there", [False, True])
def test_both_sides_tell_which_inputs_they_made(trials: Trials, assessor: Assessor, there: bool) -> None:
    trial = trials.of(RIGHT)
    trial.assessor = assessor if there else None
    timer = trial.prepare(trial.enter(), CASES, written=False)
    trial.check(timer, CASES[0], sets=3)
    trial.same_inputs("eager", timer, CASES[0])
    trial.check(timer, CASES[1], sets=3, index=1, rewrite=True)
    assert not trial.observed
    assert {*timer.runner.inputs} == {"input"} == {*(trial.expected or {})}


@pytest.mark.parametrize("there", [False, True])
def test_a_process_with_other_inputs_is_named(trials: Trials, assessor: Assessor, there: bool) -> None:
    trial = trials.of(OTHER_INPUTS + RIGHT)
    trial.assessor = assessor if there else None
    timer = trial.prepare(trial.enter(), CASES, written=False)
    with pytest.raises(Finding) as found:
        trial.check(timer, CASES[0], sets=3)
    assert found.value.status == "wrong_values"
    assert "its process reports other inputs than the judge made: input" in trial.observed
    with pytest.raises(Finding, match="the inputs input of the baseline eager differ") as found:
        trial.same_inputs("eager", timer, CASES[0])
    assert found.value.status == "error"


def test_a_reference_that_fails_is_an_error_of_ours(assessor: Assessor) -> None:
    with pytest.raises(OracleError, match="the reference fails on Case"):
        assessor.expect("broken", CASES[0], 60)
    assert assessor.expect("wave", CASES[0], 60).max_bytes == 4 * 16 * 1000 + (1 << 16)


def test_an_assessor_that_died_is_replaced(assessor: Assessor) -> None:
    assessor.start()
    assert assessor.pid is not None
    os.kill(assessor.pid, signal.SIGKILL)
    with pytest.raises(OracleError, match="the process that compares results on the device"):
        assessor.expect("wave", CASES[2], 60)
    assert assessor.expect("wave", CASES[2], 60).max_bytes > 0


def test_the_evidence_of_the_first_case_is_kept() -> None:
    assessing = Assessing(None)
    assessing.task = task_of_code(CODE)
    cases = [Case(input=Tensor((10,), seed=seed)) for seed in range(4)]
    first, *others = (assessing.evidence_of(case) for case in cases)
    assert assessing.evidence_of(cases[0]) is first
    assert assessing.evidence_of(cases[3]) is others[-1]
    assert len(assessing.evidence) == KEPT
    response = assessing.respond({"op": "expect", "case": encode(cases[0])}, b"")
    assert (response["status"], response["max_bytes"], [*response["inputs"]]) == ("ok", first.max_bytes, ["input"])


def test_a_device_that_is_the_cpu_by_another_name() -> None:
    named, plain = Assessing("cpu"), Assessing(None)
    named.task = plain.task = task_of_code(CODE)
    for one, other in zip(named.evidence_of(CASES[0]).expected, plain.evidence_of(CASES[0]).expected, strict=True):
        assert one.exact.equal(other.exact)
        assert one.eager.equal(other.eager)
        assert one.spread is not None
        assert other.spread is not None
        assert one.spread.equal(other.spread)


class Elsewhere(Assessing):
    """One that counts how often it gives up a device."""

    failed = 0

    def _release(self) -> None:
        self.failed += 1


def test_what_the_device_cannot_do_is_done_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[Any] = []

    def collected(
        task: Any, case: Any, draws: int, runner: Any = None, device: Any = None, drawn_on: Any = None, **_: Any
    ) -> Any:
        places.append((device, drawn_on))
        if device is not None:
            raise OracleError("no memory")
        return collect_evidence(task, case, draws)

    monkeypatch.setattr(assessing_of, "collect_evidence", collected)
    assessing = Elsewhere("cpu")
    assessing.task = task_of_code(CODE)
    assert assessing.evidence_of(CASES[1]).expected[0].exact.shape == (1000,)
    assert places == [("cpu", "cpu"), (None, "cpu")], "inputs are those of the device"
    assert assessing.failed == 1


def test_evidence_can_be_moved() -> None:
    assessing = Elsewhere(None)
    assessing.task = task_of_code(CODE)
    evidence = assessing.evidence_of(CASES[0])
    outputs = [output(evidence.expected[0].eager)]
    there = moved(evidence, "cpu")
    assert assessing._compared(there, outputs).grade == "ieee"

    assert moved(evidence, "meta").expected[0].exact.device.type == "meta"
    assert moved(evidence, "meta").arguments["input"].device.type == "meta"
