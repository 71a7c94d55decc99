"""What people read: the tables and the failures, word for word."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench.model.record import Failure, Record, SpeedRecord
from pytest_kernelbench.model.task import FACETS
from pytest_kernelbench.report import failure, speed, summary

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


def test_a_failure() -> None:
    found = Failure(
        "sizes", "result[0]: got 1, wanted 2\n1 of 3 elements are wrong", "Case(input=Tensor((3,)), approximate='tanh')"
    )
    text = failure.describe(RECORDS[1], [(found, "wrong_values")], "--kb-submission=geak gelu.py")
    start, _, replay = text.rpartition("\n")
    assert start == BLOCK.strip()
    assert replay.startswith("  pytest --kb-submission=")
    assert replay.endswith(""" --kb-facets=sizes --kb-case="Case(input=Tensor((3,)), approximate='tanh')\"""")


@pytest.mark.parametrize(
    "case", ["Case(x='tanh')", 'Case(x="it\'s")', "Case(x='$HOME')", "Case(x='`id`')", "Case(x='a!b')"]
)
def test_a_replay_is_one_command_to_a_shell(case: str) -> None:
    command = failure.replay("--kb-submission=geak", Failure("sizes", "x", case))
    echoed = subprocess.run(["bash", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True)
    assert echoed.stdout.splitlines()[-1] == f"--kb-case={case}"


def test_a_replay_without_a_case_selects_the_kernel() -> None:
    assert failure.replay("--kb-submission=geak x.py", Failure("load", "bad")) == "pytest --kb-submission=geak x.py"


def test_several_failures_and_what_was_printed() -> None:
    failures = [(Failure("load", "SyntaxError: bad"), "load_error"), (Failure("engine", "other bits"), "contract")]
    text = failure.describe(RECORDS[3], failures, "id", "one\n two\n")
    assert text == (
        "load_error in load: Math softmax\n  SyntaxError: bad\n\n"
        "contract in engine: Math softmax\n  other bits\n\n"
        "the kernel printed (the last of it):\n  one\n   two"
    )


def test_a_rejection_says_why_and_what_was_observed() -> None:
    found = Failure("decoy", "it is a decoy\nit stops clocks")
    seen = replace(RECORDS[5], failure=found, observations=["starts threads", "uses the network"])
    text = (
        "rejected: Math log: it is a decoy\n\nrejected: Math log: it stops clocks\n\n"
        "observed:\n  starts threads\n  uses the network"
    )
    assert failure.describe(seen, [], "id") == text
    assert failure.describe(seen, [(found, "rejected")], "id") == text


def test_passed_kernels_with_observations_have_a_line() -> None:
    seen = replace(RECORDS[0], observations=["starts threads", "uses the network"])
    assert summary.observed([RECORDS[1], seen, RECORDS[0]]) == ["relu: starts threads; uses the network"]
    assert summary.observed([seen] * 12)[-1] == "and 2 more kernels with observations"


SPEED_TABLE = """
task          workload  verdict  ratio  99 % interval   kernel   baseline  of speed of light
relu          rows      faster   1.500  [1.480, 1.521]  20 us    30 us     81%
round_1/gelu  rows      unclear                         1.25 ms  1.3 s
speed: 1 faster, 1 unclear (of 2 timed)
speed: 1 unsupported: exp[huge]
speed: 1 wrong_values: log[rows]
"""


def test_the_table_of_speed() -> None:
    def timed(task: str, verdict: str | None, **fields: Any) -> SpeedRecord:
        defaults: dict[str, Any] = {"status": "passed", "variant": None, "workload": "rows"}
        return SpeedRecord(
            **{**defaults, **fields}, kind="speed", submission="geak", task=task, category="Math", rung="basic",
            verdict=verdict,
        )  # fmt: skip

    records = [
        timed("relu", "faster", ratio=1.5, interval=[1.48, 1.521], device_seconds=2e-5, baseline_seconds=3e-5,
              speed_of_light=0.81),
        timed("gelu", "unclear", variant="round_1", device_seconds=1.25e-3, baseline_seconds=1.3),
        timed("exp", None, status="unsupported", workload="huge"),
        timed("log", None, status="wrong_values"),
    ]  # fmt: skip
    assert list(speed.lines(records)) == SPEED_TABLE.strip().splitlines()
    assert list(speed.lines(RECORDS)) == []
