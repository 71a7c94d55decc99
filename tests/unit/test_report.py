"""What people read: the tables and the failures, word for word."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from pytest_kernelbench.model.record import Failure, Record
from pytest_kernelbench.model.task import FACETS
from pytest_kernelbench.report import failure, summary

ALL = dict.fromkeys(FACETS, "passed")


def record(task: str, category: str, status: str, facets: dict[str, str], **fields: Any) -> Record:
    rung = fields.pop("rung", "all" if status == "passed" else "runs")
    defaults = {"kind": "correctness", "submission": "geak", "variant": None}
    return Record(**{**defaults, **fields}, task=task, category=category, status=status, rung=rung, facets=facets)


RECORDS = [
    record("relu", "Activation", "passed", ALL),
    record("gelu", "Activation", "wrong_values", {**ALL, "sizes": "wrong_values", "values": "wrong_values"},
           failure=Failure("sizes", "x")),
    record("gelu", "Activation", "wrong_values", {"basic": "wrong_values"}, variant="round_1",
           failure=Failure("basic", "x")),
    record("softmax", "Math", "load_error", {}, failure=Failure("load", "x"), rung="absent"),
    record("exp", "Math", "missing", {}, rung="absent"),
    record("log", "Math", "rejected", {"basic": "passed"}, label="decoy", rung="basic"),
    record("abs", "Math", "timeout", {"basic": "timeout"}, failure=Failure("basic", "x"), rung="loads"),
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

BLOCK = """
wrong_values in sizes: Activation gelu
  result[0]: got 1, wanted 2
  1 of 3 elements are wrong
  Case(input=Tensor((3,)), approximate='tanh')
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


def judgement(printed: str = "", *failures: tuple[Failure, str], rejected: bool = False) -> Any:
    trial = SimpleNamespace(printed=printed)
    return SimpleNamespace(failed=lambda: list(failures), trial=trial, rejections=["it is a decoy"] if rejected else [])


def test_a_failure() -> None:
    found = Failure(
        "sizes", "result[0]: got 1, wanted 2\n1 of 3 elements are wrong", "Case(input=Tensor((3,)), approximate='tanh')"
    )
    text = failure.describe(RECORDS[1], judgement("", (found, "wrong_values")), "--kb-submission=geak gelu.py")
    start, _, replay = text.rpartition("\n")
    assert start == BLOCK.strip()
    assert replay.startswith("  pytest --kb-submission=")
    assert replay.endswith(""" --kb-facets=sizes --kb-case='Case(input=Tensor((3,)), approximate='"'"'tanh'"'"')'""")


def test_several_failures_and_what_was_printed() -> None:
    failures = [(Failure("load", "SyntaxError: bad"), "load_error"), (Failure("engine", "other bits"), "contract")]
    text = failure.describe(RECORDS[3], judgement("one\n two\n", *failures), "id")
    assert text == (
        "load_error in load: Math softmax\n  SyntaxError: bad\n\n"
        "contract in engine: Math softmax\n  other bits\n\n"
        "the kernel printed (the last of it):\n  one\n   two"
    )


def test_a_rejection_says_why_and_what_was_observed() -> None:
    seen = replace(RECORDS[5], observations=["starts threads", "uses the network"])
    text = failure.describe(seen, judgement(rejected=True), "id")
    assert text == "rejected: Math log: it is a decoy\n\nobserved:\n  starts threads\n  uses the network"


def test_passed_kernels_with_observations_have_a_line() -> None:
    seen = replace(RECORDS[0], observations=["starts threads", "uses the network"])
    assert summary.observed([RECORDS[1], seen, RECORDS[0]]) == ["relu: starts threads; uses the network"]
    assert summary.observed([seen] * 12)[-1] == "and 2 more kernels with observations"
