"""Items: each is answered by one record, which it carries to the controller whatever happens."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench.evaluation.resume import KnownRecords, question
from pytest_kernelbench.evaluation.submission import SubmissionSession
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.record import CompileRecord, Failure, Record, SpeedRecord
from pytest_kernelbench.plugin.items import (
    CompileItem,
    CorrectnessItem,
    KernelFailure,
    MissingItem,
    SpeedItem,
    record_of,
)
from pytest_kernelbench.plugin.keys import EVALUATION, RECORD, RESUMED

Collect = Callable[..., list[pytest.Item]]

FAILURE = Failure("basic", "got 1, wanted 2", "Case(x=1)")
RELU = "submissions/mine/relu.py"


@pytest.fixture
def items(collected: Collect) -> dict[str, Any]:
    """The items of one kernel by the kind of their record, and those of a missing one."""
    found = collected("--kb-target=sm_90", "--kb-missing=skip")
    mine = {item.question: item for item in found if item.nodeid.startswith(RELU)}  # type: ignore[attr-defined]
    (missing,) = (item for item in found if item.name == "missing[gelu]")
    return {**mine, "missing": missing}


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Answer each question with a status, without running a kernel."""

    def answer(status: str, failure: Failure | None = None) -> None:
        def judge(self: SubmissionSession, kernel: Any, key: str | None, selection: str) -> Any:
            record = self.identity(kernel, "correctness", selection).correctness(
                status=status, stage="runs", failure=failure
            )
            failed = [(failure, status)] if failure else []
            return record, SimpleNamespace(failed=lambda: failed, trial=SimpleNamespace(printed="hello"))

        def compile(self: SubmissionSession, kernel: Any, target: Any, selection: str) -> Any:
            identity = self.identity(kernel, "compile", selection, target=target.name)
            return identity.compilation(status=status, stage="runs", target=target.name, failure=failure), "hello"

        def time(self: SubmissionSession, kernel: Any, workload: str, selection: str) -> Any:
            identity = self.identity(kernel, "speed", selection)
            return identity.speed(status=status, stage="runs", workload=workload, failure=failure)

        for name, function in (("judge", judge), ("compile", compile), ("time", time)):
            monkeypatch.setattr(SubmissionSession, name, function)

    return answer


def carried(item: pytest.Item) -> Record:
    """Return the record that an item carries."""
    return Record.from_json(str(dict(item.user_properties)[RECORD]))


KINDS = {"correctness": Record, "compile": CompileRecord, "speed": SpeedRecord}


@pytest.mark.parametrize(("kind", "made"), KINDS.items())
def test_a_kernel_that_passed(
    items: dict[str, Any], answer: Callable[..., None], kind: str, made: type[Record]
) -> None:
    answer("passed")
    items[kind].runtest()
    record = carried(items[kind])
    assert (type(record), record.kind, record.status, record.task) == (made, kind, "passed", "relu")
    assert record.selection == f"--kb-submission=mine {items[kind].selection().split(' ', 1)[1]}"
    assert RESUMED not in dict(items[kind].user_properties)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kernel_that_did_not_pass(items: dict[str, Any], answer: Callable[..., None], kind: str) -> None:
    answer("wrong_values", FAILURE)
    with pytest.raises(KernelFailure) as failed:
        items[kind].runtest()
    assert "got 1, wanted 2" in str(failed.value)
    assert "relu" in str(failed.value)
    assert carried(items[kind]).failure == FAILURE
    # One message without a traceback.
    assert items[kind].repr_failure(SimpleNamespace(value=failed.value)) == str(failed.value)


@pytest.mark.parametrize("kind", ["correctness", "compile"])
def test_what_a_kernel_printed_is_shown(items: dict[str, Any], answer: Callable[..., None], kind: str) -> None:
    answer("wrong_values", FAILURE)
    with pytest.raises(KernelFailure, match="hello"):
        items[kind].runtest()


def test_what_a_device_cannot_tell_is_skipped(items: dict[str, Any], answer: Callable[..., None]) -> None:
    answer("unsupported", Failure("basic", "no such operation here"))
    with pytest.raises(pytest.skip.Exception, match="no such operation here"):
        items["correctness"].runtest()
    assert carried(items["correctness"]).status == "unsupported"


@pytest.mark.parametrize("kind", KINDS)
def test_a_judge_that_fails_leaves_a_record(items: dict[str, Any], monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    def lost(*arguments: object) -> None:
        raise OSError("no space left")

    for name in ("judge", "compile", "time"):
        monkeypatch.setattr(SubmissionSession, name, lost)
    with pytest.raises(OSError, match="no space left"):
        items[kind].runtest()
    record = carried(items[kind])
    assert (record.kind, record.status, record.failure) == (kind, "error", Failure("load", "OSError: no space left"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", ["passed", "wrong_values"])
def test_a_known_record_answers_and_nothing_is_judged(
    items: dict[str, Any], answer: Callable[..., None], monkeypatch: pytest.MonkeyPatch, kind: str, status: str
) -> None:
    item = items[kind]
    answer(status, FAILURE if status != "passed" else None)
    record, _ = item.answer()
    known = KnownRecords({question(record): record.to_json()}, 1)
    monkeypatch.setattr(item.submission.session, "known", known)
    monkeypatch.setattr(type(item), "answer", lambda self: pytest.fail("judged again"))
    if status == "passed":
        item.runtest()
    else:
        with pytest.raises(KernelFailure, match="got 1, wanted 2"):
            item.runtest()
    assert carried(item) == record
    assert dict(item.user_properties)[RESUMED] is True


def test_another_record_does_not_answer(items: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    item = items["correctness"]
    monkeypatch.setattr(item.submission.session, "known", KnownRecords({"another question": "{}"}, 1))
    assert item.known() is None


@pytest.mark.parametrize("known", [False, True])
def test_a_missing_kernel(items: dict[str, Any], monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    item = items["missing"]
    assert isinstance(item, MissingItem)
    evaluation = item.config.stash[EVALUATION]
    if known:
        line = item.record.to_json()
        monkeypatch.setattr(evaluation, "known", KnownRecords({question(item.record): line}, 1))
    with pytest.raises(pytest.skip.Exception, match="no kernel for gelu in mine"):
        item.runtest()
    assert carried(item).status == "missing"
    assert (RESUMED in dict(item.user_properties)) is known


def test_a_missing_kernel_may_be_a_failure(collected: Collect) -> None:
    item = next(item for item in collected("--kb-missing=fail") if item.name == "missing[gelu]")
    with pytest.raises(KernelFailure, match="no kernel for gelu in mine"):
        item.runtest()


def test_how_one_kernel_is_selected(items: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    item = items["correctness"]
    assert item.selection() == f"--kb-submission=mine {RELU}::correctness --kb-device=cpu"
    assert items["compile"].selection() == f"--kb-submission=mine '{RELU}::compile[sm_90]' --kb-device=cpu"
    # Names are found from the root alone; elsewhere, the kernel is selected by its path.
    deeper = SimpleNamespace(dir=item.config.rootpath / "submissions")
    monkeypatch.setattr(item.config, "invocation_params", deeper)
    assert item.selection() == "--kb-submission=mine/relu.py --kb-device=cpu"


def test_where_a_kernel_is_in_reports(items: dict[str, Any]) -> None:
    path, line, name = items["correctness"].reportinfo()
    assert (path.name, line, name) == ("relu.py", 1, "relu correctness")
    assert items["missing"].reportinfo()[1:] == (0, "missing[gelu]")


def test_mistakes_of_users_are_shown_as_one_message(items: dict[str, Any]) -> None:
    error = KernelBenchError("no such task")
    assert items["correctness"].repr_failure(SimpleNamespace(value=error)) == "no such task"


def test_waiting_for_a_gpu_is_said_at_once(
    items: dict[str, Any], answer: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer("passed")
    item = items["speed"]
    said: list[str] = []
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(write=said.append, flush=lambda: None))
    monkeypatch.setattr(item.config.pluginmanager, "getplugin", lambda name: None)
    item.runtest()
    item.submission.session.shared.lock.say("waiting")
    assert said == ["waiting\n"]


@pytest.mark.parametrize(
    ("when", "properties", "found"),
    [
        ("call", [("other", 1)], False),
        ("setup", [("record", True)], False),
        ("call", [("record", True)], True),
    ],
)
def test_the_record_that_a_report_carries(
    items: dict[str, Any], answer: Callable[..., None], when: str, properties: list[Any], found: bool
) -> None:
    answer("passed")
    items["correctness"].runtest()
    line = dict(items["correctness"].user_properties)[RECORD]
    given = [(RECORD, line) if name == "record" else (name, value) for name, value in properties]
    record = record_of(SimpleNamespace(when=when, user_properties=given))  # type: ignore[arg-type]
    assert (record is not None) is found
    assert record_of(SimpleNamespace(when="call", user_properties=[(RECORD, 3)])) is None  # type: ignore[arg-type]


def test_the_kinds_of_items() -> None:
    assert [kind.question for kind in (CorrectnessItem, CompileItem, SpeedItem)] == [
        "correctness", "compile", "speed",
    ]  # fmt: skip
