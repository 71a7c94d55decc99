"""The backend of a GPU, on the CPU: what disturbs the GPU is heeded, and nothing exceeds the roofline."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.gpus.roofline import Roofline
from pytest_kernelbench.judge.speed import benchmark, cuda, workload_limits
from pytest_kernelbench.judge.speed.cuda import CudaBackend
from pytest_kernelbench.judge.speed.interleaving import KERNEL, Block, Schedule, Timed
from tests.support.judging import task_of
from tests.unit.judge.speed.simulated import Machine, pair
from tests.unit.judge.speed.waves import CODE, SHORT, benchmark_of, task_of_code

TASK = task_of_code(CODE)
CASE = TASK.workloads["small"]


@dataclass
class FakeMonitor:
    """Sees what a test says."""

    causes: list[str] = field(default_factory=list)
    ours: set[int] = field(default_factory=set)
    notes: dict[str, None] = field(default_factory=dict)
    closed: bool = False

    def busy(self) -> list[str]:
        return ["other processes on the GPU: 7"]

    def since(self) -> str | None:
        self.notes["power cap"] = None
        return self.causes.pop() if self.causes else None

    def close(self) -> None:
        self.closed = True


@dataclass
class FixedRoofline:
    """A roofline of which kernels reach a given share."""

    reached: float
    source: str = "measured"
    bandwidth: float = 1e12
    flops: dict[str, float] = field(default_factory=dict)
    cache: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list)

    def share(self, **work: Any) -> float:
        self.asked.append(work)
        return self.reached


class FakeTimer:
    """A timer whose calls take as long as a test says."""

    def __init__(self, pid: int, seconds: float) -> None:
        self.runner = SimpleNamespace(pid=pid)
        self.seconds = seconds
        self.asked: list[tuple[int, int, bool]] = []

    def __call__(self, first: int, count: int, *, gated: bool = True) -> Timed:
        self.asked.append((first, count, gated))
        return Timed(count * self.seconds, count * self.seconds)


def timers() -> dict[str, Any]:
    return {"eager": FakeTimer(1, 2e-3), KERNEL: FakeTimer(2, 1e-3), "compile": FakeTimer(3, 1e-3)}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Benchmarks that measure for a moment, in one pair of processes."""
    monkeypatch.setattr(benchmark, "settled", lambda *_: True)
    monkeypatch.setattr(CudaBackend, "schedule", lambda self, once: SHORT)
    monkeypatch.setattr(cuda, "CALL_BLOCKS", 3)


@pytest.mark.usefixtures("quick")
def test_what_a_record_says() -> None:
    monitor = FakeMonitor(["throttling: power brake"])
    backend = CudaBackend(monitor, Roofline(1e12, {"float32": 1e30}, "measured"))
    record = benchmark_of(backend=backend).run()
    assert record.status == "passed", record.failure
    assert len(monitor.ours) == 2
    assert {"other processes on the GPU: 7", "power cap"} <= set(record.notes)
    assert record.speed_of_light == pytest.approx(8000 / 1e12 / (record.device_seconds or 0), abs=1e-3)
    assert (record.timing["roofline"], record.timing["clock"]) == ("measured", CudaBackend.clock)
    assert (record.call_seconds or 0) > 0


def copies(numel: int) -> tuple[Any, Case]:
    """Return a task that copies float32 numbers, with a case of it."""
    case = Case(x=Tensor((numel,)))
    return task_of(lambda x: x.clone(), case), case


@pytest.mark.usefixtures("quick")
def test_a_kernel_beyond_the_roofline_is_rejected() -> None:
    slow = Roofline(1.0, {}, "measured", 1)
    record = benchmark_of(backend=CudaBackend(FakeMonitor(), slow, slow)).run()
    assert (record.status, record.verdict) == ("rejected", "impossible")
    assert record.failure is not None
    assert record.failure.message.endswith(
        "us, at least 7999000000.0 us are possible: 0.0 MB, less 0 MB that the cache may hold, at 0.00 TB/s"
    )


@pytest.mark.parametrize(
    ("microseconds", "source", "cache", "impossible"),
    [
        (300, "measured", 50_000_000, True),  # 350 MB at 1 TB/s
        (360, "measured", 50_000_000, False),
        (300, "measured", 120_000_000, False),  # 280 MB
        (300, "measured", 0, False),  # an unknown cache is taken for the largest: 266 MB
        (300, "datasheet", 50_000_000, False),
    ],
)
def test_faster_than_memory(microseconds: float, source: str, cache: int, impossible: bool) -> None:
    beyond = Roofline(1e12, {}, source, cache)
    backend = CudaBackend(FakeMonitor(), beyond, beyond)
    assert backend.impossible() is None, "the figures are not known yet"
    backend.measure(timers(), lambda watch: pair(1.5))
    backend.figures(*copies(50_000_000), "ieee", microseconds * 1e-6)
    reason = backend.impossible()
    assert (reason is not None) is impossible
    figures = "a call takes 300.0 us, at least 350.0 us are possible: 400.0 MB, less 50 MB that the cache may hold"
    assert reason is None or reason == f"{figures}, at 1.00 TB/s"


@pytest.mark.parametrize(("compare", "rate"), [("values", "float32"), ("quantised", "float8_e4m3fn")])
def test_faster_than_arithmetic(compare: str, rate: str) -> None:
    case = Case(x=Tensor((1000, 1000)), y=Tensor((1000, 1000)))
    more: Any = {"compare": compare, "pipelines": (lambda x, y: []) if compare == "quantised" else None}
    beyond = Roofline(1e15, {"float32": 1e12, "float8_e4m3fn": 1e12}, "measured", 1)
    backend = CudaBackend(FakeMonitor(), beyond, beyond)
    backend.measure(timers(), lambda watch: pair(1.5))
    backend.figures(task_of(lambda x, y: x @ y, case, **more), case, "ieee", 1e-3)
    figures = f"at least 1750.0 us are possible: 1.8 billion operations at 1 TFLOP/s of {rate}"
    assert backend.impossible() == f"a call takes 1000.0 us, {figures}"


@pytest.mark.parametrize(("grade", "dtype"), [("ieee", "float32"), ("tf32", "tf32")])
def test_the_roofline_is_that_of_the_grade(grade: str, dtype: str) -> None:
    roofline = FixedRoofline(0.5)
    backend = CudaBackend(FakeMonitor(), roofline)
    backend.measure(timers(), lambda watch: pair(1.5))
    found = backend.figures(TASK, CASE, grade, 1e-3)
    assert found["speed_of_light"] == 0.5
    assert roofline.asked == [{"flops": 0, "moved_bytes": 8000, "dtype": dtype, "seconds": 1e-3}]


def test_without_a_roofline_nothing_is_impossible() -> None:
    backend = CudaBackend(FakeMonitor(), None)
    backend.measure(timers(), lambda watch: pair(1.5))
    found = backend.figures(TASK, CASE, "ieee", 1e-3)
    assert (found["speed_of_light"], found["timing"]) == (None, {})
    assert backend.impossible() is None


def test_call_times_are_those_of_both_sides_in_turns() -> None:
    backend, made = CudaBackend(FakeMonitor(), None), timers()
    backend.measure(made, lambda watch: pair(1.5))
    found = backend.figures(TASK, CASE, "ieee", 1e-3)
    assert found["call_seconds"] == pytest.approx(1e-3)
    assert found["baseline_call_seconds"] == pytest.approx(2e-3)
    assert made["eager"].asked == made[KERNEL].asked
    assert len(made[KERNEL].asked) == 2 * cuda.CALL_BLOCKS
    assert not any(gated for _, _, gated in made[KERNEL].asked)
    assert made["compile"].asked == []


def test_bounds_are_noted() -> None:
    backend = CudaBackend(FakeMonitor(), None)
    measurement = pair(1.5)
    batches = measurement.blocks[0].batches
    leaked = [replace(batch, timed=batch.timed._replace(leaked=True)) for batch in batches[:2]]
    measurement.blocks = [Block((*leaked, *batches[2:]))]
    backend.measure(timers(), lambda watch: measurement)
    backend.figures(TASK, CASE, "ieee", 1e-4)
    assert "launch-bound: a caller waits for the host, not for the GPU" in backend.notes
    assert "host-bound: 50% of the batches include host time" in backend.notes


def test_a_clock_that_differs_from_the_judges_is_noted() -> None:
    backend, machine = CudaBackend(FakeMonitor(), None), Machine(eager=2e-4)
    machine.sources[KERNEL] = machine.source(KERNEL, 2e-4, reported=0.5)
    assert backend.audit(timers(), machine.measure()) is None
    assert backend.notes == ["the judge's clock saw 2.00 times the time that its runner reports"]
    honest = CudaBackend(FakeMonitor(), None)
    honest.audit(timers(), Machine(eager=2e-4, kernel=2e-4).measure())
    assert honest.notes == []


def test_limits_and_places() -> None:
    monitor = FakeMonitor()
    backend = CudaBackend(monitor, None)
    assert backend.cache_bytes == workload_limits.CACHE_ON_GPU
    assert backend.schedule(once=True) == Schedule(once=True)
    assert backend.too_large(TASK, CASE) is None
    assert backend.too_slow(1e9) is None
    with backend.placed(timers()):
        pass
    backend.close()
    assert monitor.closed
