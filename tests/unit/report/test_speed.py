"""Timing as people read it: the table of verdicts and the text of a failure, word for word."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kernelbench.model.record import Failure, SpeedRecord
from pytest_kernelbench.report import speed
from tests.support.records import correctness


def timed(task: str, verdict: str | None, **fields: Any) -> SpeedRecord:
    defaults: dict[str, Any] = {"status": "passed", "variant": None, "workload": "rows"}
    return SpeedRecord(
        **{**defaults, **fields}, kind="speed", submission="geak", task=task, category="Math", stage="basic",
        verdict=verdict,
    )  # fmt: skip


SPEED_TABLE = """
task          workload  verdict  ratio  99 % interval   kernel   baseline  of speed of light
relu          rows      faster   1.500  [1.480, 1.521]  20 us    30 us     81%
round_1/gelu  rows      unclear                         1.25 ms  1.3 s
speed: 1 faster, 1 unclear (of 2 timed)
speed: 1 unsupported: exp[huge]
speed: 1 wrong_values: log[rows]
"""


def test_the_table_of_speed() -> None:
    records = [
        timed("relu", "faster", ratio=1.5, interval=[1.48, 1.521], device_seconds=2e-5, baseline_seconds=3e-5,
              speed_of_light=0.81),
        timed("gelu", "unclear", variant="round_1", device_seconds=1.25e-3, baseline_seconds=1.3),
        timed("exp", None, status="unsupported", workload="huge"),
        timed("log", None, status="wrong_values"),
    ]  # fmt: skip
    assert list(speed.lines(records)) == SPEED_TABLE.strip().splitlines()
    assert list(speed.lines([correctness("Math_0")])) == []


def test_why_workloads_were_not_timed() -> None:
    large, slow = (Failure("workload", text) for text in ("it is too large\nmore", "it is slow"))
    records = [timed(name, None, status="unsupported", failure=large) for name in ("exp", "log")]
    records.append(timed("erf", None, status="unsupported", failure=slow, workload="huge"))
    assert list(speed.lines(records)) == [
        "speed: 3 unsupported: erf[huge], exp[rows], log[rows]",
        "  exp[rows], log[rows]: it is too large",
        "  erf[huge]: it is slow",
    ]
    many = [timed("exp", None, status="unsupported", failure=Failure("workload", f"{n} MiB")) for n in range(25)]
    assert list(speed.lines(many))[-1] == "  and 5 more reasons (-rs)"


def test_a_kernel_that_is_wrong_on_its_workload() -> None:
    failure = Failure("workload", "result[0]: got 1, wanted 2\n1 of 3", "Case(x=1)")
    record = timed("log", None, status="wrong_values", failure=failure, device={"kind": "cuda:h100"})
    assert speed.describe(record, "--kb-submission=log.py").splitlines() == [
        "wrong_values in workload: Math log of geak on rows",
        "  result[0]: got 1, wanted 2",
        "  1 of 3",
        "  Case(x=1)",
        "  pytest --kb-submission=log.py --kb-device=cuda -m speed",
    ]
    node = speed.describe(record, "--kb-submission=geak 'geak/log.py::speed[rows]'")
    assert node.splitlines()[-1] == "  pytest --kb-submission=geak 'geak/log.py::speed[rows]' --kb-device=cuda"


def test_nothing_replays_a_workload_that_is_too_large() -> None:
    record = timed("log", None, status="unsupported", failure=Failure("workload", "too large"))
    assert speed.describe(record, "--kb-submission=log.py").splitlines() == [
        "unsupported in workload: Math log of geak on rows", "  too large",
    ]  # fmt: skip
    assert speed.describe(timed("log", None, status="impossible"), "x.py").startswith(
        "impossible: Math log of geak on rows"
    )


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(None, ""), (1.3, "1.3 s"), (1.25e-3, "1.25 ms"), (2e-5, "20 us"), (12.345e-6, "12.3 us"), (0.0, "0 us")],
)
def test_durations(seconds: float | None, written: str) -> None:
    assert speed.duration(seconds) == written


def test_the_share_of_the_speed_of_light_has_a_column_only_where_it_is_known() -> None:
    (header, *_) = speed.lines([timed("relu", "same", ratio=1.0, interval=[0.99, 1.01])])
    assert header.split()[-1] == "baseline"
