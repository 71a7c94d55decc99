"""Records: one line of JSON, there and back, and how far a kernel got."""

from __future__ import annotations

import contextlib
import json

import pytest

from pytest_kernelbench.model.record import RUNGS, STATUSES, Failure, Record, SpeedRecord, check, rung_of
from pytest_kernelbench.model.task import FACETS

RECORD = Record(
    kind="correctness", submission="geak", variant="round_1", task="relu", category="Activation",
    status="wrong_values", rung="sizes", facets={"basic": "passed", "sizes": "passed", "dtypes": "wrong_values"},
    grade="ieee", label="kernel", kernel_share=0.97, launches=2,
    failure=Failure("dtypes", "result[0]: got 1,\nwanted 2", "Case(input=Tensor((3,)))"),
    device={"kind": "interpreter"}, versions={"torch": "2.6"}, examples=61, seconds=1.9, kernel_sha256="ab",
)  # fmt: skip


def test_a_record_is_one_line_and_comes_back() -> None:
    line = RECORD.to_json()
    assert "\n" not in line
    assert json.loads(line)["schema"] == 1
    assert Record.from_json(line) == RECORD


def test_a_record_of_speed_comes_back_as_one() -> None:
    record = SpeedRecord(
        kind="speed", submission="geak", variant=None, task="relu", category="Activation", status="passed", rung="all",
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
    "line", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1}', RECORD.to_json().replace('"grade"', '"grading"'), "null"]
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


def test_the_rungs_are_the_facets_in_order() -> None:
    assert rung_of({}, loaded=False, ran=False) == "absent"
    assert rung_of({}, loaded=True, ran=False) == "loads"
    assert rung_of({"basic": "wrong_values"}, loaded=True, ran=True) == "runs"
    passed: dict[str, str] = {}
    for facet in FACETS:
        passed[facet] = "passed"
        assert rung_of(passed, loaded=True, ran=True) == ("all" if facet == FACETS[-1] else facet)
        assert rung_of(passed, loaded=True, ran=True) in RUNGS


def test_a_facet_that_failed_or_was_not_tried_ends_the_climb() -> None:
    facets = dict.fromkeys(FACETS, "passed")
    assert rung_of({**facets, "dtypes": "timeout"}, loaded=True, ran=True) == "sizes"
    del facets["sizes"]
    assert rung_of(facets, loaded=True, ran=True) == "basic"


def test_statuses_are_those_that_the_documentation_lists() -> None:
    assert len(STATUSES) == len(set(STATUSES)) == 14
