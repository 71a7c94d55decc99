"""Records: one line of JSON, there and back, and how far a kernel got."""

from __future__ import annotations

import contextlib
import json
from dataclasses import fields, replace

import pytest

from pytest_kernelbench.model.record import (
    SCHEMA,
    STAGES,
    STATUSES,
    CompileRecord,
    Failure,
    Record,
    RecordIdentity,
    SpeedRecord,
    check,
    stage_of,
)
from pytest_kernelbench.model.task import FACETS

RECORD = Record(
    kind="correctness", submission="geak", variant="round_1", task="relu", category="Activation",
    status="wrong_values", stage="sizes", facets={"basic": "passed", "sizes": "passed", "dtypes": "wrong_values"},
    grade="ieee", label="kernel", kernel_share=0.97, launches=2,
    failure=Failure("dtypes", "result[0]: got 1,\nwanted 2", "Case(input=Tensor((3,)))"),
    device={"kind": "interpreter"}, versions={"torch": "2.6"}, examples=61, seconds=1.9, kernel_sha256="ab",
)  # fmt: skip


def test_a_record_is_one_line_and_comes_back() -> None:
    line = RECORD.to_json()
    assert "\n" not in line
    assert json.loads(line)["schema"] == SCHEMA == 2
    assert Record.from_json(line) == RECORD


def test_a_record_of_speed_comes_back_as_one() -> None:
    record = SpeedRecord(
        kind="speed", submission="geak", variant=None, task="relu", category="Activation", status="passed", stage="all",
        workload="vocabulary", verdict="faster", ratio=1.2, interval=[1.1, 1.3], samples={"kernel": [1e-5]},
    )  # fmt: skip
    assert Record.from_json(record.to_json()) == record


def test_absent_fields_have_their_defaults() -> None:
    fields = json.loads(RECORD.to_json())
    for name in ("failure", "grade", "launches", "facets"):
        del fields[name]
    record = Record.from_json(json.dumps(fields))
    assert (record.failure, record.grade, record.launches, record.facets) == (None, None, 0, {})


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "{}",
        '{"schema": 3}',
        '{"schema": 2}',
        '{"schema": 1}',
        RECORD.to_json().replace('"grade"', '"grading"'),
        "null",
    ],
)
def test_what_is_no_record(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Record.from_json(line)


WRONG = [None, 1, 1.5, True, "text", [], {}, [1], {"a": 1}, {"a": []}, {"message": 1}, [["a"]], 2**70, {"facet": "x"}]


@pytest.mark.parametrize("name", sorted(json.loads(RECORD.to_json()).keys() - {"schema"}))
def test_a_field_of_another_type_makes_it_no_record(name: str) -> None:
    fields = json.loads(RECORD.to_json())
    kept = 0
    for value in WRONG:
        with contextlib.suppress(ValueError):
            record = Record.from_json(json.dumps({**fields, name: value}))
            check(record)
            if record.failure is not None:
                check(record.failure)
            kept += 1
            assert json.loads(record.to_json())[name] == value
    assert kept <= 5  # as tables of anything do


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "9" * 400])
def test_what_is_no_figure_makes_it_no_record(number: str) -> None:
    with pytest.raises(ValueError, match="not a record: "):
        check(Record.from_json(RECORD.to_json().replace("1.9", number)))


def test_the_stages_are_the_facets_in_order() -> None:
    assert stage_of({}, loaded=False, ran=False) == "absent"
    assert stage_of({}, loaded=True, ran=False) == "loads"
    assert stage_of({"basic": "wrong_values"}, loaded=True, ran=True) == "runs"
    passed: dict[str, str] = {}
    for facet in FACETS:
        passed[facet] = "passed"
        assert stage_of(passed, loaded=True, ran=True) == ("all" if facet == FACETS[-1] else facet)
        assert stage_of(passed, loaded=True, ran=True) in STAGES


def test_a_facet_that_failed_or_was_not_tried_is_the_end() -> None:
    facets = dict.fromkeys(FACETS, "passed")
    assert stage_of({**facets, "dtypes": "timeout"}, loaded=True, ran=True) == "sizes"
    del facets["sizes"]
    assert stage_of(facets, loaded=True, ran=True) == "basic"


def test_statuses_are_those_that_the_documentation_lists() -> None:
    assert len(STATUSES) == len(set(STATUSES)) == 16


SCHEMA_1 = (
    '{"schema": 1, "kind": "correctness", "submission": "geak", "variant": "round_1", "task": "relu", '
    '"category": "Activation", "status": "wrong_values", "rung": "basic", '
    '"facets": {"basic": "passed", "sizes": "wrong_values"}, "grade": "ieee", "label": "kernel", '
    '"kernel_share": 0.97, "launches": 2, "failure": {"facet": "sizes", "message": "got 1", "case": "Case(x=1)"}, '
    '"device": {"kind": "interpreter"}, "versions": {"torch": "2.6"}, "settings": {"timeout": 240.0}, '
    '"examples": 61, "seconds": 1.9, "started": "2026-11-20T10:00:00+00:00", "kernel_sha256": "ab", '
    '"task_sha256": "cd"}'
)
"""A line as earlier versions wrote it."""

SPEED_SCHEMA_1 = (
    '{"schema": 1, "kind": "speed", "submission": "geak", "variant": null, "task": "relu", "category": "Activation", '
    '"status": "passed", "rung": "all", "workload": "large", "verdict": "faster", "ratio": 1.5, '
    '"interval": [1.4, 1.6], "speed_of_light": 0.8, "timing": {"clock": "cuda_event", "ceilings": "measured"}}'
)


class TestSchema1:
    def test_a_line_is_read(self) -> None:
        record = Record.from_json(SCHEMA_1)
        check(record)
        assert (record.status, record.stage, record.settings) == ("wrong_values", "basic", {"timeout": 240.0})
        assert record.failure == Failure("sizes", "got 1", "Case(x=1)")

    def test_a_line_of_speed_is_read(self) -> None:
        record = Record.from_json(SPEED_SCHEMA_1)
        assert isinstance(record, SpeedRecord)
        check(record)
        assert (record.stage, record.ratio) == ("all", 1.5)
        assert record.timing == {"clock": "cuda_event", "roofline": "measured"}

    @pytest.mark.parametrize("line", [SCHEMA_1, SPEED_SCHEMA_1])
    def test_it_is_written_as_the_schema_of_today(self, line: str) -> None:
        written = json.loads(Record.from_json(line).to_json())
        assert written["schema"] == SCHEMA
        assert "rung" not in written
        assert "ceilings" not in written.get("timing", {})
        assert Record.from_json(json.dumps(written)) == Record.from_json(line)

    def test_names_of_one_schema_are_not_those_of_another(self) -> None:
        for line in (SCHEMA_1.replace('"schema": 1', '"schema": 2'), SCHEMA_1.replace('"rung"', '"step"')):
            with pytest.raises(ValueError, match="not a record"):
                Record.from_json(line)


IDENTITY = RecordIdentity(
    submission="geak", variant="round_1", task="relu", category="Activation", device={"kind": "cpu"},
    versions={"torch": "2.6"}, settings={"timeout": 1.0}, started="2026-11-20T10:00:00+00:00", kernel_sha256="ab",
    task_sha256="cd", code={"lines": 3}, selection="--kb-submission=geak",
)  # fmt: skip


def test_an_identity_makes_complete_records_of_each_kind() -> None:
    made = (
        IDENTITY.correctness(status="passed", stage="all"),
        IDENTITY.speed(status="passed", stage="all", workload="large"),
        IDENTITY.compilation(status="passed", stage="all", target="sm_90"),
    )
    assert [(type(each), each.kind) for each in made] == [
        (Record, "correctness"), (SpeedRecord, "speed"), (CompileRecord, "compile"),
    ]  # fmt: skip
    for record in made:
        check(record)
        for each in fields(IDENTITY):
            assert getattr(record, each.name) == getattr(IDENTITY, each.name)


def test_an_identity_adopts_what_an_earlier_session_found() -> None:
    earlier = replace(IDENTITY, submission="other", started="2025-01-01T00:00:00+00:00", selection="")
    known = earlier.compilation(status="passed", stage="all", target="sm_90", registers=32, cached=True)
    adopted = IDENTITY.adopt(known)
    assert (adopted.submission, adopted.selection) == ("geak", IDENTITY.selection)
    assert adopted.started == earlier.started  # a cached record says when it was compiled
    assert (adopted.registers, adopted.cached, adopted.target) == (32, True, "sm_90")
