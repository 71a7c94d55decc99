"""The race on a GPU, run on the processor: what else goes on is heeded, and nothing is faster than light."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pytest_kernelbench.devices.ceilings import Ceilings
from pytest_kernelbench.judge import speed_on_gpu
from pytest_kernelbench.judge.blocks import Schedule
from pytest_kernelbench.judge.speed import Speed, SpeedPlan, not_timed
from pytest_kernelbench.judge.speed_on_gpu import SpeedOnGpu
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.record import Failure
from pytest_kernelbench.model.submission import kernel_of

TASK = """
from pytest_kernelbench import Case, Task, Tensor

def reference(input):
    return input.sin()

case = Case(input=Tensor((1000,)))
task = Task(reference, lambda draw, given: case, spine=(case,), workloads={"small": case})
"""


@dataclass
class FakeWatch:
    """Sees what a test says."""

    causes: list[str] = field(default_factory=list)
    ours: set[int] = field(default_factory=set)
    notes: dict[str, None] = field(default_factory=dict)

    def busy(self) -> list[str]:
        return ["other processes on the GPU: 7"]

    def since(self) -> str | None:
        self.notes["power cap"] = None
        return self.causes.pop() if self.causes else None


@pytest.fixture
def race(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SpeedOnGpu:
    """The reference against itself."""
    folder = tmp_path / "tasks" / "math"
    folder.mkdir(parents=True)
    (folder / "wave.py").write_text(TASK, encoding="utf-8")
    catalogue = Catalogue.find([tmp_path / "tasks"])
    path = tmp_path / "wave.py"
    path.write_text("def wave(input):\n    return input.sin()\n", encoding="utf-8")
    short = Schedule(looks=(5,), warm_least=0.0, warm_most=0.1)
    monkeypatch.setattr(SpeedOnGpu, "_schedule", lambda self, written: short)
    monkeypatch.setattr(speed_on_gpu, "CALL_BLOCKS", 3)
    kernel = kernel_of(path, tmp_path, catalogue)
    return SpeedOnGpu(kernel, catalogue.load("wave"), TASK, "small", SpeedPlan("cpu"))


def test_what_a_record_says(race: SpeedOnGpu) -> None:
    race.watch = FakeWatch(["throttling: power brake"])
    race.ceilings = Ceilings(1e12, {"float32": 1e30}, "measured")
    record = race.run()
    assert record.status == "passed", record.failure
    assert len(race.watch.ours) == 2
    assert {"other processes on the GPU: 7", "power cap"} <= set(record.notes)
    assert record.speed_of_light == pytest.approx(8000 / 1e12 / (record.device_seconds or 0), abs=1e-3)
    assert (record.timing["ceilings"], record.timing["clock"]) == ("measured", SpeedOnGpu.clock)
    assert (record.call_seconds or 0) > 0


@pytest.mark.parametrize(
    ("share", "source", "cache", "status"),
    [
        (1.2, "measured", 0, "rejected"),
        (1.04, "measured", 0, "passed"),
        (1.2, "measured", 1 << 30, "passed"),
        (1.2, "datasheet", 0, "passed"),
    ],
)
def test_faster_than_light(
    race: SpeedOnGpu, share: float, source: str, cache: int, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed = replace(not_timed(race.kernel, "small", "passed", Failure("", "")), verdict="faster", speed_of_light=share)
    monkeypatch.setattr(Speed, "run", lambda self: timed)
    monkeypatch.setattr(SpeedOnGpu, "_cache", lambda self: cache)
    race.ceilings, race.timing = Ceilings(1e12, {}, source), {"inputs": 2}
    record = race.run()
    assert (record.status, record.verdict) == (status, "impossible" if status == "rejected" else "faster")
    assert record.failure is not None
    assert ("120% of the speed of light" in record.failure.message) == (status == "rejected")
