"""The terminal summary, word for word: the table of categories, the failures by kind, observations."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench.model.record import Failure, Record, SpeedRecord
from pytest_kernelbench.model.task import FACETS
from pytest_kernelbench.plugin import summary

ALL = dict.fromkeys(FACETS, "passed")


def record(task: str, category: str, status: str, facets: dict[str, str], **fields: Any) -> Record:
    stage = fields.pop("stage", "all" if status == "passed" else "runs")
    defaults = {"kind": "correctness", "submission": "geak", "variant": None}
    return Record(**{**defaults, **fields}, task=task, category=category, status=status, stage=stage, facets=facets)


RECORDS = [
    record("relu", "Activation", "passed", ALL),
    record("gelu", "Activation", "wrong_values", {**ALL, "sizes": "wrong_values", "values": "wrong_values"},
           failure=Failure("sizes", "x")),
    record("gelu", "Activation", "wrong_values", {"basic": "wrong_values"}, variant="round_1",
           failure=Failure("basic", "x")),
    record("softmax", "Math", "load_error", {}, failure=Failure("load", "x"), stage="absent"),
    record("exp", "Math", "missing", {}, stage="absent"),
    record("log", "Math", "rejected", {"basic": "passed"}, label="decoy", stage="basic"),
    record("abs", "Math", "timeout", {"basic": "timeout"}, failure=Failure("basic", "x"), stage="loads"),
]  # fmt: skip

TABLE = """
category    kernels  tasks  loads  runs  basic  sizes  dtypes  layouts  values  contract  engine  all
Math              3   3/36      2     1      1      0       0        0       0         0       0    0
Activation        3   2/10      3     3      2      1       2        2       1         2       2    1
all               6  5/176      5     4      3      1       2        2       1         2       2    1
"""

FAILURES = """
1 wrong_values (sizes): gelu
1 wrong_values (basic): round_1/gelu
1 load_error (load): softmax
1 missing: exp
1 rejected (decoy): log
1 timeout (basic): abs
"""


def test_the_table() -> None:
    assert "\n".join(summary.table(RECORDS)) == TABLE.strip()


def test_one_category_needs_no_sum() -> None:
    assert len(summary.table(RECORDS[:2])) == 2


def test_the_failures_by_kind() -> None:
    assert "\n".join(summary.failures(RECORDS)) == FAILURES.strip()
    assert summary.failures(RECORDS[:1]) == []


def test_each_submission_has_a_section() -> None:
    lines: list[str] = []
    terminal: Any = SimpleNamespace(section=lambda title, sep: lines.append(f"{sep} {title}"), line=lines.append)
    summary.summarise(terminal, [*RECORDS[:1], record("relu", "Activation", "passed", ALL, submission="autotriton")])
    assert [line for line in lines if line.startswith("=")] == ["= kernelbench: autotriton", "= kernelbench: geak"]
    summary.summarise(terminal, [])


def test_passed_kernels_with_observations_have_a_line() -> None:
    seen = replace(RECORDS[0], observations=["starts threads", "uses the network"])
    assert summary.observed([RECORDS[1], seen, RECORDS[0]]) == ["relu: starts threads; uses the network"]
    assert summary.observed([seen] * 12)[-1] == "and 2 more kernels with observations"
    assert len(summary.observed([seen] * 12)) == summary.MAX_OBSERVED + 1


def printed(*records: Record) -> list[str]:
    """Return the lines of the summary, titles of sections with a sign before them."""
    lines: list[str] = []
    terminal: Any = SimpleNamespace(section=lambda title, sep: lines.append(f"{sep} {title}"), line=lines.append)
    summary.summarise(terminal, records)
    return lines


def test_each_device_of_a_submission_has_a_section() -> None:
    one = replace(RECORDS[0], device={"kind": "cpu"})
    other = replace(one, device={"kind": "cuda:h100"})
    assert [line for line in printed(one, other) if line[0] == "="] == [
        "= kernelbench: geak on cpu", "= kernelbench: geak on cuda:h100",
    ]  # fmt: skip
    assert printed(one)[0] == "= kernelbench: geak"


def test_a_submission_that_was_only_timed_has_no_table_of_facets() -> None:
    timed = SpeedRecord(
        kind="speed", submission="geak", variant=None, task="relu", category="Activation", status="passed",
        stage="basic", workload="rows", verdict="faster", ratio=1.5, interval=[1.4, 1.6],
    )  # fmt: skip
    lines = printed(timed)
    assert lines[0] == "= kernelbench: geak"
    assert lines[1].split()[:3] == ["task", "workload", "verdict"]
    assert lines[-1] == "speed: 1 faster (of 1 timed)"


def test_a_facet_that_only_some_tasks_have_is_counted_where_it_failed() -> None:
    one = record("gate", "Own", "wrong_values", {**ALL, "gradients": "wrong_values"})
    other = record("scaled", "Own", "passed", {**ALL, "gradients": "passed"})
    header, row = (line.split() for line in summary.table([one], {"Own": 1})[:2])
    assert dict(zip(header, row, strict=True))["gradients"] == "0"
    header, row = (line.split() for line in summary.table([one, other], {"Own": 2})[:2])
    assert dict(zip(header, row, strict=True))["gradients"] == "1"


@pytest.mark.parametrize("total", [36, 1])
def test_the_table_counts_tasks_of_the_catalogue_at_hand(total: int) -> None:
    row = summary.table([record("exp", "Math", "passed", ALL)], {"Math": total})[1]
    assert row.split()[:3] == ["Math", "1", f"1/{total}"]
