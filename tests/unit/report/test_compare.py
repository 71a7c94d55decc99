"""Comparing results: better, worse, new, gone, and what may not be compared."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench.model.record import CompileRecord, Record
from pytest_kernelbench.report.compare import FAIL_ON, Change, compare
from tests.support.records import correctness, results, speed

CUDA = {"kind": "cuda", "model": "h100"}


def became(old: Record, new: Record) -> Change:
    found = compare(results(old), results(new))
    assert found.left_out == ()
    (change,) = found.changes
    return change


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (correctness("t"), correctness("t"), "unchanged"),
        (correctness("t"), correctness("t", "wrong_values", "sizes"), "worse"),
        (correctness("t"), correctness("t", "crash", "basic"), "worse"),
        (correctness("t"), correctness("t", "load_error"), "worse"),
        (correctness("t"), correctness("t", "rejected", facets={"basic": "passed"}), "worse"),
        (correctness("t"), correctness("t", "error", "values"), "worse"),
        (correctness("t", "wrong_values", "sizes"), correctness("t"), "better"),
        (correctness("t", "load_error"), correctness("t", "crash", "basic"), "better"),
        (correctness("t", "crash", "basic"), correctness("t", "wrong_values", "sizes"), "better"),
        (correctness("t", "wrong_values", "sizes"), correctness("t", "wrong_values", "values"), "worse"),
        (correctness("t", "wrong_values", "sizes"), correctness("t", "crash", "sizes"), "changed"),
        (correctness("t"), correctness("t", facets={"basic": "passed"}), "unchanged"),
        (correctness("t", "crash", "sizes"), correctness("t", facets={"basic": "passed"}), "better"),
    ],
)
def test_verdicts(old: Record, new: Record, kind: str) -> None:
    assert became(old, new).kind == kind


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (speed("t", 1.5), speed("t", 1.52), "unchanged"),
        (speed("t", 1.5), speed("t", 1.6), "better"),
        (speed("t", 1.5), speed("t", 1.4), "worse"),
        (speed("t", 1.5), speed("t", 1.2, error=0.4), "unchanged"),
        (speed("t", 1.5), speed("t", None, status="wrong_values"), "worse"),
        (speed("t", 1.5), speed("t", None), "changed"),
        (speed("t", None), speed("t", None), "unchanged"),
        (speed("t", 1.5), speed("t", None, status="unsupported"), "changed"),
    ],
)
def test_speed_changes_where_the_intervals_do_not_touch(old: Record, new: Record, kind: str) -> None:
    change = became(old, new)
    assert (change.kind, change.about, change.device) == (kind, "speed large, eager", "cuda:h100")


def test_a_kernel_that_no_longer_compiles() -> None:
    fields: dict[str, Any] = {"kind": "compile", "submission": "mine", "variant": None, "task": "t", "category": "Math"}
    old = CompileRecord(**fields, target="sm_90", status="passed", stage="loads")
    new = CompileRecord(**fields, target="sm_90", status="compile_error", stage="loads")
    assert (became(old, new).kind, became(old, new).device) == ("worse", "sm_90")


def test_new_gone_and_missing() -> None:
    found = compare(
        results(correctness("gone"), correctness("lost"), correctness("kept")),
        results(correctness("new"), correctness("lost", "missing"), correctness("kept")),
    )
    assert {change.task: change.kind for change in found.changes} == {
        "new": "new", "gone": "gone", "lost": "gone", "kept": "unchanged",
    }  # fmt: skip
    assert found.counts == {"worse": 0, "better": 0, "changed": 0, "new": 1, "gone": 2, "unchanged": 1, "alarms": 0}


def test_the_same_code_with_another_verdict_is_an_alarm() -> None:
    wrong = correctness("t", "wrong_values", "sizes", versions={"torch": "2.6"})
    assert became(correctness("t"), correctness("t", "wrong_values", "sizes")).alarm
    change = became(correctness("t", versions={"torch": "2.13"}), wrong)
    assert (change.alarm, change.changed) == (True, ("torch",))
    other = correctness("t", "crash", "basic", kernel_sha256="other", task_sha256="other")
    assert (became(correctness("t"), other).alarm, became(correctness("t"), other).changed) == (
        False,
        ("code", "tests"),
    )
    assert not became(correctness("t"), correctness("t")).alarm
    unknown = correctness("t", "crash", "basic", kernel_sha256="")
    assert not became(correctness("t", kernel_sha256=""), unknown).alarm


def test_devices_are_never_mixed() -> None:
    other = {"kind": "cuda", "model": "a100"}
    found = compare(
        results(speed("t", 1.5), correctness("t"), correctness("t", device=CUDA)),
        results(speed("t", 0.5, device=other), correctness("t")),
    )
    assert [(change.kind, change.about, change.device) for change in found.changes] == [
        ("unchanged", "correctness", "interpreter")
    ]
    assert found.left_out == (
        "1 on cuda:a100: only in NEW, not compared with those on other devices",
        "2 on cuda:h100: only in OLD, not compared with those on other devices",
    )


def test_submissions_that_have_nothing_in_common() -> None:
    found = compare(results(correctness("t")), results(correctness("t", submission="geak", variant="round_1")))
    assert found.left_out == ("no kernel is in both: OLD has mine; NEW has geak/round_1",)


def test_the_worst_comes_first_and_alarms_before_the_rest() -> None:
    found = compare(
        results(correctness("a"), correctness("b"), correctness("c", "crash", "basic"), correctness("d")),
        results(
            correctness("a"), correctness("b", "crash", "basic", kernel_sha256="other"), correctness("c"),
            correctness("d", "crash", "basic"),
        ),
    )  # fmt: skip
    assert [(change.task, change.kind, change.alarm) for change in found.changes] == [
        ("d", "worse", True), ("b", "worse", False), ("c", "better", True), ("a", "unchanged", False),
    ]  # fmt: skip
    assert [found.fails(name) for name in FAIL_ON] == [True, True, False]
