"""The lock for timing: one process at a time, and a dead holder blocks nobody."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kernelbench.gpus import lock
from pytest_kernelbench.gpus.lock import GpuLock

TIMER = """
import sys, time
from pytest_kernelbench.gpus.lock import GpuLock
one = GpuLock("GPU-1")
for _ in range(5):
    with one.hold(print):
        start = time.monotonic()
        time.sleep(0.02)
        print(start, time.monotonic(), flush=True)
    time.sleep(0.001)
"""

HOLDER = """
import time
from pytest_kernelbench.gpus.lock import GpuLock
with GpuLock("GPU-1").hold(print):
    print("held", flush=True)
    time.sleep(60)
"""

WAITER = """
import time
from pytest_kernelbench.gpus.lock import GpuLock
with GpuLock("GPU-1").hold(print):
    print(f"{time.monotonic():.6f}", flush=True)
"""

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Start Python on a program, with this test's own folder of locks."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return lambda code: subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_two_processes_never_time_at_once(start: Start) -> None:
    said = [process.communicate(timeout=60)[0] for process in [start(TIMER), start(TIMER)]]
    spans = sorted(tuple(map(float, line.split())) for text in said for line in text.splitlines())
    assert len(spans) == 10
    assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(spans))


def test_waiting_is_said_once_and_the_dead_hold_nothing(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "TIMEOUT_SILENT", 0.05)
    holder = start(HOLDER)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        holder.kill()

    mine = GpuLock("GPU-1")
    for _ in range(2):
        with mine.hold(say):
            pass
    holder.communicate()
    assert len(said) == 1
    assert str(mine.path) in said[0]
    assert mine.path.exists()


def test_those_who_wait_get_it_in_the_order_in_which_they_came(start: Start) -> None:
    mine = GpuLock("GPU-1")
    queue, waiting = mine.path.with_suffix(".queue"), []
    with mine.hold(pytest.fail):
        for count in range(2, 6):
            waiting.append(start(WAITER))
            while len([*queue.glob("*.turn")]) < count:
                time.sleep(0.005)
        waiting[1].kill()  # the dead hold up nobody
        waiting.pop(1).communicate()
    turns = [float(process.communicate(timeout=60)[0]) for process in waiting]
    assert turns == sorted(turns)
    with mine.hold(pytest.fail):
        assert [path.stem.lstrip("0") for path in queue.glob("*.turn")] == ["1"], "all others have left"


def test_where_no_lock_can_be_made_the_user_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath("file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    said: list[str] = []
    mine = GpuLock("GPU-1")
    for _ in range(2):
        with mine.hold(said.append):
            pass
    (text,) = said
    assert text.startswith("kernelbench: cannot lock this device, so other processes may time on it meanwhile")


def test_another_gpu_has_another_lock(start: Start) -> None:
    with GpuLock("GPU-1").hold(pytest.fail), GpuLock("GPU-2").hold(pytest.fail):
        pass


def test_processors_of_two_machines_that_share_a_home_are_two(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    one = GpuLock(None).path
    monkeypatch.setattr("platform.node", lambda: "elsewhere")
    assert GpuLock(None).path != one


def test_whether_another_process_times_now(start: Start) -> None:
    assert not GpuLock("GPU-1").is_held()
    holder = start(HOLDER)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert GpuLock("GPU-1").is_held()
    assert not GpuLock("GPU-2").is_held()
    holder.kill()
    holder.communicate()
    assert not GpuLock("GPU-1").is_held()
