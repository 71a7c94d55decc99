"""The oracle: evidence is collected once for a task and case, and the least recently used is dropped."""

from __future__ import annotations

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.judge.comparison.evidence import OracleError
from pytest_kernelbench.judge.comparison.oracle import Oracle
from tests.support.judging import task_of


def test_evidence_is_remembered_by_task_and_case() -> None:
    calls = []

    def reference(x):
        calls.append(x)
        return x * 2

    case = Case(x=Tensor((3,)))
    task, oracle = task_of(reference, case), Oracle()
    first = oracle("double", task, case)
    count = len(calls)
    assert oracle("double", task, Case(x=Tensor((3,)))) is first
    assert len(calls) == count
    assert oracle("twice", task, case) is not first


def test_the_least_recently_used_evidence_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_kernelbench.judge.comparison.oracle.MAX_CASES", 2)
    cases = [Case(x=Tensor((size,))) for size in (1, 2, 3)]
    task, oracle = task_of(lambda x: x * 2, cases[0]), Oracle()
    first, second = oracle("double", task, cases[0]), oracle("double", task, cases[1])
    assert oracle("double", task, cases[0]) is first
    oracle("double", task, cases[2])
    assert oracle("double", task, cases[0]) is first
    assert oracle("double", task, cases[1]) is not second


def test_large_evidence_replaces_all_other(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = Case(x=Tensor((4,))), Case(x=Tensor((4096,)))
    task, oracle = task_of(lambda x: x * 2, small), Oracle()
    first = oracle("double", task, small)
    monkeypatch.setattr("pytest_kernelbench.judge.comparison.oracle.MAX_BYTES", first.bytes)
    second = oracle("double", task, large)
    assert oracle("double", task, large) is second
    assert oracle("double", task, small) is not first


def test_a_reference_that_fails_is_not_remembered() -> None:
    calls = []

    def reference(x):
        calls.append(x)
        raise RuntimeError("no")

    case = Case(x=Tensor((3,)))
    task, oracle = task_of(reference, case), Oracle()
    for _ in range(2):
        with pytest.raises(OracleError):
            oracle("double", task, case)
    assert len(calls) == 2
    assert oracle.seconds == 0


def test_eager_runs_where_the_session_says() -> None:
    import torch

    asked = []

    def on_a_gpu(name: str):
        asked.append(name)
        return lambda task, case: [torch.full((3,), 7.0)]

    case = Case(x=Tensor((3,)))
    evidence = Oracle(on_a_gpu)("double", task_of(lambda x: x * 2, case), case)
    assert asked == ["double"]
    assert evidence.expected[0].eager.tolist() == [7, 7, 7]
    assert Oracle().eager_runner("double") is None
