"""Which record answers which question, and what becomes of a results file that was cut short."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench.evaluation.resume import KnownRecords, mend, question
from pytest_kernelbench.model.case import Case
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.record import CompileRecord, Failure, Record, SpeedRecord
from tests.support.records import schema_1

SETTINGS = JudgingSettings(device="cpu", facets=("basic", "sizes"))
RECORD = Record(
    kind="correctness", submission="geak", variant="round_1", task="relu", category="Activation", status="passed",
    stage="all", device={"kind": "cpu", "machine": "x86_64"}, versions={"torch": "2.13", "pytest": "9.2"},
    settings=SETTINGS.recorded("correctness"), kernel_sha256="ab", task_sha256="cd",
)  # fmt: skip


def known(path: Path, *records: Record, tail: str = "") -> KnownRecords:
    path.write_text("".join(record.to_json() + "\n" for record in records) + tail, encoding="utf-8")
    return KnownRecords.read(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results.jsonl"


def test_a_record_answers_its_own_question(path: Path) -> None:
    asked = replace(RECORD, status="error", stage="absent", versions={**RECORD.versions, "pytest": "10"})
    assert known(path, RECORD).answer(asked) == RECORD


@pytest.mark.parametrize(
    "change",
    [
        {"submission": "other"},
        {"variant": None},
        {"task": "gelu"},
        {"kernel_sha256": "xy"},
        {"task_sha256": "xy"},
        {"device": {"kind": "interpreter", "machine": "x86_64"}},
        {"versions": {"torch": "2.14", "pytest": "9.2"}},
        {"versions": {}},
        {"settings": {}},
        {"settings": replace(SETTINGS, facets=("basic",)).recorded("correctness")},
        {"settings": replace(SETTINGS, examples=49).recorded("correctness")},
        {"settings": replace(SETTINGS, seed="1").recorded("correctness")},
        {"settings": replace(SETTINGS, case=Case(dim=1)).recorded("correctness")},
        {"settings": replace(SETTINGS, language="torch").recorded("correctness")},
        {"settings": replace(SETTINGS, environment=(("MY_LIB", "1"),)).recorded("correctness")},
    ],
    ids=str,
)
def test_another_question_has_no_answer(path: Path, change: dict[str, Any]) -> None:
    assert known(path, RECORD).answer(replace(RECORD, **change)) is None


def test_the_newest_record_answers_but_none_of_a_mistake_of_ours(path: Path) -> None:
    wrong = replace(RECORD, status="wrong_values", failure=Failure("sizes", "got 1"))
    lost = replace(RECORD, status="error")
    assert known(path, RECORD, wrong, lost).answer(RECORD) == wrong
    assert known(path, lost).answer(RECORD) is None


@pytest.mark.parametrize(("seconds", "answers"), [(240.0, True), (60.0, True), (241.0, False)])
def test_a_time_limit_that_was_reached_says_nothing_of_a_longer_one(path: Path, seconds: float, answers: bool) -> None:
    asked = replace(RECORD, settings=replace(SETTINGS, timeout=seconds).recorded("correctness"))
    assert known(path, RECORD).answer(asked) == RECORD
    late = replace(RECORD, status="timeout")
    assert known(path, late).answer(asked) == (late if answers else None)


def test_kinds_and_their_parts_are_told_apart() -> None:
    shared = {name: getattr(RECORD, name) for name in Record.__dataclass_fields__ if name != "kind"}
    asked = [
        RECORD,
        replace(RECORD, status="missing"),
        *(CompileRecord(**shared, kind="compile", target=target) for target in ("sm_80", "sm_90")),
        *(SpeedRecord(**shared, kind="speed", workload=name) for name in ("prefill", "decode")),
    ]
    assert len({question(record) for record in asked}) == len(asked)


def test_what_decides_whether_a_kernel_compiles() -> None:
    assert SETTINGS.recorded("compile") == {"language": "triton", "sandbox": "best", "timeout": 120.0}


def test_lines_of_other_schemas_are_counted_and_answer_nothing(path: Path) -> None:
    foreign = json.dumps({**json.loads(RECORD.to_json()), "schema": 3})
    found = known(path, RECORD, tail=f"{foreign}\nno record\n{RECORD.to_json()[:50]}")
    assert (found.records, found.others) == (1, 2)


def test_a_record_of_schema_1_answers(path: Path) -> None:
    path.write_text(schema_1(RECORD.to_json()))
    found = KnownRecords.read(path)
    assert (found.records, found.others) == (1, 0)
    assert found.answer(RECORD) == RECORD


def test_a_file_that_is_not_there(path: Path) -> None:
    assert KnownRecords.read(path) == KnownRecords()
    assert mend(path) is None
    assert not path.exists()


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_a_line_that_was_cut_short_is_put_aside(path: Path, cut: int) -> None:
    line = RECORD.to_json() + "\n"
    path.write_text(line + line[:cut])
    aside = mend(path)
    assert aside == path.with_name("results.jsonl.cut")
    assert path.read_text() == line
    path.write_text(line + line[:cut])
    mend(path)
    assert aside.read_text() == (line[:cut] + "\n") * 2


def test_a_whole_file_stays_as_it_is(path: Path) -> None:
    line = RECORD.to_json() + "\n"
    path.write_text(line)
    assert mend(path) is None
    assert path.read_text() == line
    # All but the end of the line was written.
    path.write_text(line + line.rstrip("\n"))
    assert mend(path) is None
    assert path.read_text() == line * 2
