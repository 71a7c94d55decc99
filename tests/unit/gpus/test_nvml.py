"""What NVML says of a GPU, on a module that answers like it."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kernelbench.gpus import nvml
from pytest_kernelbench.gpus.nvml import GpuMonitor, State, ancestors_of, causes, notes


class NVMLError(Exception):
    """What every function of NVML raises."""


class Library:
    """A `pynvml` with one GPU; what a test sets is what it answers."""

    NVMLError = NVMLError
    NVML_CLOCK_SM, NVML_TEMPERATURE_GPU = 1, 0
    NVML_PERF_POLICY_POWER, NVML_PERF_POLICY_THERMAL = 0, 1

    def __init__(self) -> None:
        self.pids: list[int] = []
        self.reasons = 0
        self.utilisation = [0]
        self.violations = {0: 0, 1: 0}
        self.shut = 0

    def nvmlInit(self) -> None: ...

    def nvmlShutdown(self) -> None:
        self.shut += 1

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:
        if uuid != "GPU-1":
            raise NVMLError("Not Found")
        return uuid

    def nvmlDeviceGetComputeRunningProcesses_v3(self, handle: str) -> list[Any]:
        return [SimpleNamespace(pid=pid) for pid in self.pids]

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle: str) -> int:
        return self.reasons

    def nvmlDeviceGetUtilizationRates(self, handle: str) -> Any:
        return SimpleNamespace(gpu=self.utilisation.pop(0) if len(self.utilisation) > 1 else self.utilisation[0])

    def nvmlDeviceGetViolationStatus(self, handle: str, policy: int) -> Any:
        return SimpleNamespace(violationTime=self.violations[policy])

    def nvmlDeviceGetClockInfo(self, handle: str, kind: int) -> int:
        return 1980

    def nvmlDeviceGetTemperature(self, handle: str, kind: int) -> int:
        raise NVMLError("Not Supported")


class OldLibrary(Library):
    """One of a driver that knows the former names only."""

    nvmlDeviceGetCurrentClocksEventReasons = None  # type: ignore[assignment]

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle: str) -> int:
        return 0x40


@pytest.fixture
def library() -> Library:
    """A GPU that is idle."""
    return Library()


def monitor(library: Any, uuid: str = "GPU-1", **parents: list[int]) -> GpuMonitor:
    """Return a monitor; `parents` are the ancestors of processes, by their ids with a letter before."""

    def ancestors(pid: int) -> list[int]:
        return [pid, *parents[f"p{pid}"]] if f"p{pid}" in parents else []

    return GpuMonitor(uuid, library, sleep=lambda seconds: None, ancestors=ancestors)


def test_an_idle_gpu(library: Library) -> None:
    library.pids = [os.getpid(), 77]
    monitored = monitor(library)
    monitored.ours.add(77)
    assert monitored.busy() == []
    state = monitored.look()
    assert (state.clock, state.temperature, state.violations) == (1980, 0, {"power": 0, "thermal": 0})


def test_other_processes(library: Library) -> None:
    library.pids = [99, os.getpid(), 98]
    assert monitor(library, p98=[1], p99=[1]).busy() == ["other processes on the GPU: 98, 99"]


def test_processes_that_this_one_has_started_are_ours(library: Library) -> None:
    library.pids = [98, 99, 783]
    monitored = monitor(library, p98=[50, os.getpid(), 1], p99=[60, 1], p783=[98, 50, os.getpid(), 1])
    assert monitored.busy() == ["other processes on the GPU: 99"]
    assert monitored.ours == {98, 783}


def test_processes_of_other_workers_wait_for_their_turns(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.pids = [98, 99]
    lineages = {"p97": [60, 1], "p98": [50, 40, os.getppid(), 1], "p99": [60, 1]}
    monkeypatch.delenv(nvml.WORKER, raising=False)
    assert monitor(library, **lineages).busy() == ["other processes on the GPU: 98, 99"]
    monkeypatch.setenv(nvml.WORKER, "gw3")
    monitored = monitor(library, **lineages)
    assert monitored.busy() == ["other processes on the GPU: 99"]
    library.pids = [99]
    monitored.since()
    library.pids = [98, 99]
    assert monitored.since() is None
    library.pids = [97, 98, 99]
    assert monitored.since() == "other processes on the GPU: 97"


def test_a_process_of_ours_that_has_just_ended_does_not_disturb(library: Library) -> None:
    library.pids = [98, 783]
    assert monitor(library, p98=[os.getpid(), 1]).look().foreign == ()
    library.pids = [783]
    assert monitor(library).look().foreign == (783,), "perhaps the id that another container's process has elsewhere"


def test_ancestors() -> None:
    own = ancestors_of(os.getpid())
    assert own[:2] == [os.getpid(), os.getppid()]
    assert ancestors_of(1 << 30) == []


def test_work_of_processes_that_a_container_does_not_show(library: Library) -> None:
    library.utilisation = [80]
    assert monitor(library).busy() == ["the GPU is at 80 % utilisation before timing starts"]
    library.utilisation = [80, 40, 0]
    assert monitor(library).busy() == []


@pytest.mark.parametrize(("bits", "name"), [(0x8, "hardware slowdown"), (0x20, "software"), (0x80, "power brake")])
def test_throttling_is_a_cause(library: Library, bits: int, name: str) -> None:
    library.reasons = bits | 0x4
    (cause,) = monitor(library).busy()
    assert cause.startswith("throttling: ")
    assert name in cause


def test_former_names_of_nvml() -> None:
    assert monitor(OldLibrary()).look().reasons == 0x40


def test_between_two_looks() -> None:
    quiet = State(violations={"power": 5, "thermal": 7})
    assert causes(quiet, quiet) == notes(quiet, quiet) == []
    assert causes(quiet, State(foreign=(12,), violations=quiet.violations)) == ["other processes on the GPU: 12"]
    assert causes(State(foreign=(12,)), State(foreign=(12,))) == []
    assert causes(quiet, State(violations={"power": 5, "thermal": 9})) == ["throttling: thermal, between two samples"]
    assert causes(quiet, State(reasons=0x40)) == ["throttling: thermal slowdown (hardware)"]
    assert causes(quiet, State(reasons=0x5, violations={"power": 9, "thermal": 7})) == []
    assert notes(quiet, State(reasons=0x4)) == notes(quiet, State(violations={"power": 6}))
    assert "power cap" in notes(quiet, State(reasons=0x4))[0]


def test_block_after_block(library: Library) -> None:
    monitored = monitor(library)
    library.violations = {0: 5, 1: 5}
    assert monitored.since() is None
    assert not monitored.notes
    library.reasons = 0x4
    assert monitored.since() is None
    assert [*monitored.notes] == ["clocks were limited by the power cap"]
    library.violations[1] = 6
    assert monitored.since() == "throttling: thermal, between two samples"
    assert monitored.since() is None


def test_an_unknown_gpu_and_no_library_at_all(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvml, "_library", lambda: None)
    for blind in (monitor(library, "GPU-2"), monitor(None)):
        assert not blind.works
        assert (blind.busy(), blind.look()) == ([], State())
        blind.close()
    assert library.shut == 1


def test_it_is_let_go_of_once(library: Library) -> None:
    monitored = monitor(library)
    monitored.close()
    monitored.close()
    assert library.shut == 1
