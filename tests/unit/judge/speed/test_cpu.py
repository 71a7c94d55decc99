"""The backend of a CPU: what a kernel that deceives its clock, or works outside of its calls, is rejected for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench.judge.speed import cpu
from pytest_kernelbench.judge.speed.cpu import BATCH_SECONDS, MAX_SECONDS, CpuBackend
from pytest_kernelbench.judge.speed.interleaving import KERNEL, Measurement, Timed
from tests.unit.judge.speed.simulated import Machine, pair
from tests.unit.judge.speed.waves import CODE, benchmark_of, task_of_code

TASK = task_of_code(CODE)
CASE = TASK.workloads["small"]


def timer(*, between: float = 0.0, moved: bool = False, others: tuple[int, ...] = ()) -> Any:
    family = SimpleNamespace(others=lambda: [*others])
    return SimpleNamespace(cpu_within=1.0, cpu_between=between, moved=moved, runner=SimpleNamespace(family=family))


def audit(measurement: Measurement, baseline: Any = None, kernel: Any = None) -> str | None:
    return CpuBackend().audit({"eager": baseline or timer(), KERNEL: kernel or timer()}, measurement)


def honest() -> Measurement:
    return Machine(eager=3e-4, kernel=2e-4).measure()


def test_an_honest_kernel() -> None:
    assert audit(honest()) is None


def test_a_clock_that_reports_half() -> None:
    machine = Machine(eager=2e-4)
    machine.sources[KERNEL] = machine.source(KERNEL, 2e-4, reported=0.5)
    text = audit(machine.measure())
    assert text == "the judge's clock saw 2.00 times the time that its runner reports (at least 2.00 times)"


def test_work_between_calls() -> None:
    text = audit(honest(), kernel=timer(between=0.06))
    times = "0.060 s of processor time between calls and 1.000 s in them"
    assert text == f"it used {times}: it keeps running after a call has returned"
    assert audit(honest(), kernel=timer(between=0.04)) is None
    assert audit(honest(), baseline=timer(between=0.05), kernel=timer(between=0.06)) is None


def test_another_core() -> None:
    assert audit(honest(), kernel=timer(moved=True)) == "it has moved to another CPU core than the baseline's"


def test_processes_beside_it() -> None:
    assert audit(honest(), kernel=timer(others=(1, 2))) == "2 processes that it has started are running beside it"


def test_work_in_other_processes() -> None:
    machine = Machine(eager=2e-4)

    def sleeping(first: int, count: int) -> Timed:
        machine.now += count * 4e-4 + 3e-4
        return Timed(count * 1e-4, count * 4e-4, seen=count * 1e-4)

    machine.sources[KERNEL] = sleeping
    assert (
        audit(machine.measure()) == "it is slower by elapsed time (speedup 0.50): it offloads work to other processes"
    )


def test_limits_and_figures() -> None:
    backend = CpuBackend()
    assert backend.cache_bytes >= 32 << 10
    schedule = backend.schedule(once=True)
    assert (schedule.batch_seconds, schedule.max_seconds, schedule.once) == (BATCH_SECONDS, MAX_SECONDS, True)
    assert backend.too_large(TASK, CASE) is None
    assert backend.too_slow(0.3) is not None
    assert backend.figures(TASK, CASE, "ieee", 1.0) == {}
    assert backend.impossible() is None
    assert (
        backend.measure({}, lambda watch: pair(1.5) if watch() is None else pair(0.0)).estimates["eager"].ratio == 1.5
    )
    assert backend.notes == ()
    backend.close()


def test_a_kernel_that_is_timed_for_real(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "BATCH_SECONDS", 2e-3)
    monkeypatch.setattr(cpu, "MAX_SECONDS", 2.0)
    slow = "def wave(input):\n    for _ in range(9):\n        input.sin()\n    return input.sin()\n"
    record = benchmark_of(slow, CpuBackend()).run()
    assert record.status == "passed", record.failure
    assert record.ratio is not None
    assert record.ratio < 0.7
    assert record.timing["clock"] == CpuBackend.clock


@pytest.mark.parametrize(
    ("verdict", "call_ratio", "doubtful"),
    [
        ("faster", 0.99, True),
        ("faster", 1.01, False),
        ("slower", 1.01, True),
        ("slower", 0.5, False),
        ("same", 0.99, False),
        ("unclear", 1.2, False),
    ],
)
def test_a_difference_that_elapsed_time_contradicts_is_in_doubt(
    verdict: str, call_ratio: float, doubtful: bool
) -> None:
    assert (CpuBackend().doubt(verdict, call_ratio) is not None) == doubtful
