"""Benchmarks: a kernel is checked, timed, checked again and audited; what fails on the way is in the record."""

from __future__ import annotations

import os
import signal
import time
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench.judge.speed import baselines, benchmark, timed_runner
from pytest_kernelbench.judge.speed.benchmark import SpeedBenchmark
from pytest_kernelbench.judge.speed.interleaving import KERNEL, NoTime
from pytest_kernelbench.judge.speed.replicates import settled
from pytest_kernelbench.model.record import VERDICTS, SpeedRecord
from tests.unit.judge.speed.simulated import pair
from tests.unit.judge.speed.waves import CODE, IN_PLACE, RIGHT, ShortBackend, benchmark_of


@pytest.fixture(autouse=True)
def one_replicate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise may look like a small difference, which is of no interest here."""
    monkeypatch.setattr(benchmark, "settled", lambda *_: True)


def failed(record: SpeedRecord) -> tuple[str, str, str]:
    """Return status, facet and message of a failure."""
    assert record.failure is not None
    return record.status, record.failure.facet, record.failure.message


def test_the_record_of_a_right_kernel() -> None:
    figures: list[Any] = []
    backend = ShortBackend(figures=lambda *given: figures.append(given) or {"timing": {"roofline": "measured"}})
    record = benchmark_of(backend=backend).run()
    assert (record.status, record.failure) == ("passed", None)
    assert (record.kind, record.workload, record.baseline, record.grade) == ("speed", "small", "eager", "ieee")
    assert record.verdict in VERDICTS
    assert len(record.samples["baseline"]) == len(record.samples["kernel"]) == 2 * record.blocks >= 10
    assert record.notes[-1] == "a note"
    assert figures == [("ieee", record.device_seconds)]
    timing = dict(record.timing)
    assert timing.pop("calls") > 1
    assert timing.pop("warm") in (True, False)
    parts = timing.pop("seconds")
    assert {"start", "waiting", "reference", "calls", "comparison", "timing", "other"} == {*parts}
    assert sum(parts.values()) == pytest.approx(record.seconds, abs=0.5)
    assert timing == {
        "clock": "a clock", "order": "ABBA", "inputs": 2, "threads": 1, "processes": 1, "roofline": "measured",
    }  # fmt: skip


@pytest.mark.parametrize("parallel", [False, True])
def test_what_fails_at_the_start(parallel: bool) -> None:
    backend = ShortBackend()
    backend.parallel = parallel
    assert benchmark_of(backend=backend).run().status == "passed"
    assert failed(benchmark_of("import nope\n", backend=backend).run())[:2] == ("load_error", "load")
    broken = CODE.replace("input.sin()", "input.nothing()")
    status, facet, message = failed(benchmark_of("import nope\n", backend=backend, task_code=broken).run())
    assert (status, facet) == ("unsupported", "workload"), "what the baseline lacks is said first"
    assert message.startswith("the baseline eager cannot be timed")


def test_runners_end_with_the_benchmark() -> None:
    pids: list[int] = []
    backend = ShortBackend(measure=lambda timers: pids.extend(timer.runner.pid for timer in timers.values()))
    measured = benchmark_of(backend=backend)
    measured.run()
    assert len(pids) == 2
    assert (measured.baselines.timers, measured.trial.runner) == ({}, None)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.parametrize(
    ("code", "status", "facet", "text"),
    [
        ("import nope\n", "load_error", "load", "No module named 'nope'"),
        ("def wave(input):\n    return input.cos()\n", "wrong_values", "workload", "units of error"),
        ("def wave(input):\n    raise ValueError('no')\n", "runtime_error", "workload", "ValueError: no"),
        ("import ctypes\ndef wave(input):\n    ctypes.memset(input.data_ptr() - 1, 0, 1)\n    return input.sin()\n",
         "contract", "workload", "memory outside of input was written"),
        ("import time\ntime.monotonic = lambda: 0\n" + RIGHT, "rejected", "timing", "--kb-allow=clocks"),
        ("import os\ncalls = []\ndef wave(input):\n    calls.append(0)\n    len(calls) < 20 or os._exit(1)\n"
         "    return input.sin()\n", "crash", "workload", "exit"),
    ],
    ids=["load", "values", "exception", "contract", "audit", "crash"],
)  # fmt: skip
def test_a_kernel_that_fails(code: str, status: str, facet: str, text: str) -> None:
    record = benchmark_of(code).run()
    found = failed(record)
    assert found[:2] == (status, facet)
    assert text in found[2]
    assert (record.verdict, record.samples) == (None, {})


def test_a_kernel_that_is_right_until_it_is_timed() -> None:
    code = "calls = []\ndef wave(input):\n    calls.append(0)\n    return input.sin() * (1 if len(calls) < 20 else 2)\n"
    status, facet, _ = failed(benchmark_of(code).run())
    assert (status, facet) == ("wrong_values", "workload")


@pytest.mark.parametrize("reason", ["too_large", "too_slow"])
def test_a_workload_that_cannot_be_timed_here(reason: str) -> None:
    record = benchmark_of(backend=ShortBackend(**{reason: "it is too much"})).run()
    assert failed(record) == ("unsupported", "workload", "it is too much")
    assert record.verdict is None


def test_a_smaller_workload_has_another_name() -> None:
    def too_large(task: Any, case: Any) -> str | None:
        return "it is too much" if case.input.numel > 300 else None

    record = benchmark_of(backend=ShortBackend(too_large=too_large)).run()
    assert (record.status, record.workload) == ("passed", "small (scaled)")
    assert record.timing["scaled"] == "Case(input=Tensor((250,)))"
    backend = ShortBackend(too_large=too_large)
    backend.scales = False
    assert failed(benchmark_of(backend=backend).run()) == ("unsupported", "workload", "it is too much")


def test_a_workload_that_is_too_slow_is_made_smaller() -> None:
    answers = ["too slow", "too slow", None]
    record = benchmark_of(backend=ShortBackend(too_slow=lambda seconds: answers.pop(0))).run()
    assert (record.status, record.workload) == ("passed", "small (scaled)")
    assert record.timing["scaled"] == "Case(input=Tensor((250,)))"
    assert record.timing["processes"] == 1


def test_an_audit_that_fails() -> None:
    record = benchmark_of(backend=ShortBackend(audit="it lies")).run()
    assert failed(record) == ("rejected", "timing", "it lies")
    assert record.verdict is None


def test_a_kernel_that_is_too_fast_to_be_true() -> None:
    record = benchmark_of(backend=ShortBackend(impossible=lambda: "not on this machine")).run()
    assert failed(record) == ("rejected", "timing", "not on this machine")
    assert (record.verdict, record.grade) == ("impossible", "ieee")
    assert record.ratio is not None


def test_a_runner_that_reports_no_time() -> None:
    def measure(timers: Any) -> None:
        raise NoTime("3 calls took 0.0 s by its own clock")

    record = benchmark_of(backend=ShortBackend(measure=measure)).run()
    assert failed(record)[2] == "it reports zero elapsed time: 3 calls took 0.0 s by its own clock"


def test_a_baseline_that_fails() -> None:
    broken = CODE.replace("return input.sin()", "raise RuntimeError('not here')")
    status, facet, text = failed(benchmark_of(task_code=broken).run())
    assert (status, facet) == ("unsupported", "workload")
    assert text.startswith("the baseline eager cannot be timed: ")
    assert "not here" in text


def test_a_baseline_that_dies_while_it_is_timed_is_an_error_of_ours() -> None:
    def measure(timers: Any) -> None:
        os.kill(timers["eager"].runner.pid, signal.SIGKILL)

    status, facet, text = failed(benchmark_of(backend=ShortBackend(measure=measure)).run())
    assert (status, facet) == ("error", "workload")
    assert text.startswith("the runner of a baseline died: ")


def test_further_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed_runner, "BASELINE_CODE", {"eager": "", "compile": ""})
    monkeypatch.setattr(
        baselines, "BASELINE_CODE", {"eager": "baseline = task.reference", "compile": "baseline = task.reference"}
    )
    record = benchmark_of(baselines=("eager", "compile")).run()
    assert record.status == "passed", record.failure
    assert record.timing["order"] == "ABCCBA"
    assert {*record.others["compile"]} == {"seconds", "verdict", "ratio", "interval"}
    assert len(record.samples["compile"]) == len(record.samples["kernel"])


def test_a_further_baseline_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "BASELINE_CODE", {"eager": "baseline = task.reference", "compile": "import nope"})
    record = benchmark_of(baselines=("eager", "compile")).run()
    assert record.status == "passed", record.failure
    assert record.others["compile"]["note"].startswith("no compile baseline: ")
    assert record.timing["order"] == "ABBA"


def test_an_operation_that_writes_its_inputs_is_called_once_a_batch() -> None:
    record = benchmark_of("def wave(input):\n    return input.sin_()\n", task_code=IN_PLACE).run()
    assert record.status == "passed", record.failure
    assert record.timing["calls"] == 1


def timed(ratios: list[float], monkeypatch: pytest.MonkeyPatch, seconds: float = 1e6) -> SpeedBenchmark:
    """Time a kernel for which pairs of processes find these ratios, with so many seconds left."""
    monkeypatch.setattr(benchmark, "settled", settled)
    left = iter(ratios)
    monkeypatch.setattr(SpeedBenchmark, "_replicate", lambda self, cases: pair(next(left)))
    speed = benchmark_of()
    speed.trial = SimpleNamespace(  # type: ignore[assignment]
        deadline=time.monotonic() + seconds, observed={}, grade="ieee", begin=lambda: None, close=lambda: None
    )
    speed.timing["inputs"] = 2
    return speed


@pytest.mark.parametrize(
    ("ratios", "asked"),
    [
        ([1.0], 1),
        ([1.5] * 3, 3),
        ([2.0], 1),
        ([0.5], 1),
        ([1.05, 1.0], 2),
        ([1.05, 0.9], 2),
        ([0.95] * 3, 3),
        ([1.05, 1.5, 1.05, 1.05, 1.05], 5),
    ],
)
def test_fresh_processes_are_asked_while_a_small_difference_shows(
    ratios: list[float], asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    speed = timed(ratios, monkeypatch)
    record = speed.run()
    assert len(speed.measurements) == asked
    assert record.blocks == 10 * asked
    assert len(record.samples[KERNEL]) == 20 * asked


def test_without_time_to_ask_again_it_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    speed = timed([1.05], monkeypatch, seconds=-1.0)
    record = speed.run()
    assert speed.unconfirmed
    assert record.notes[:1] == ["a small difference, and no time to measure it again in fresh processes"]
    assert (record.verdict, record.status) == ("unclear", "passed")


def test_a_verdict_in_doubt_is_unclear(monkeypatch: pytest.MonkeyPatch) -> None:
    speed = timed([2.0], monkeypatch)
    asked: list[tuple[str, float]] = []
    speed.backend = ShortBackend(doubt=lambda *arguments: asked.append(arguments) or "another clock disagrees")
    record = speed.run()
    assert [verdict for verdict, _ in asked] == ["faster"]
    assert record.verdict == "unclear"
    assert record.ratio == pytest.approx(2.0, rel=0.05)
    assert "another clock disagrees" in record.notes


def test_what_was_odd_about_a_measurement_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    speed = timed([2.0], monkeypatch)
    measurement = pair(2.0)
    measurement.warm = False
    monkeypatch.setattr(SpeedBenchmark, "_replicate", lambda self, cases: measurement)
    monkeypatch.setattr(benchmark, "outliers", len)
    notes = speed.run().notes
    assert notes[:2] == [
        "times were not steady after the warm-up",
        "20 of 20 batches are beyond 5 median absolute deviations",
    ]


def test_a_further_baseline_of_which_too_little_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    speed = timed([2.0], monkeypatch)
    speed.baselines = benchmark_of(baselines=("eager", "compile")).baselines
    assert speed.run().others == {"compile": {"note": "no compile baseline: too few blocks"}}
