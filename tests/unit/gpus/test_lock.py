"""The lock of a device: one alone or any number beside each other, in order, and a dead holder blocks nobody."""

from __future__ import annotations

import contextlib
import itertools
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pytest_kernelbench.gpus import lock
from pytest_kernelbench.gpus.lock import GpuLock

TIMER = """
import sys, time
from pytest_kernelbench.gpus.lock import GpuLock
one = GpuLock("GPU-1")
for _ in range(5):
    with one.alone():
        start = time.monotonic()
        time.sleep(0.02)
        print(start, time.monotonic(), flush=True)
    time.sleep(0.001)
"""

HOLDER = """
import time
from pytest_kernelbench.gpus.lock import GpuLock
with GpuLock("GPU-1").alone():
    print("held", flush=True)
    time.sleep(60)
"""

WAITER = """
import time
from pytest_kernelbench.gpus.lock import GpuLock
with GpuLock("GPU-1").{mode}():
    print(f"{{time.monotonic():.6f}}", flush=True)
    time.sleep({seconds})
    print(f"{{time.monotonic():.6f}}", flush=True)
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

    mine = GpuLock("GPU-1", say)
    for _ in range(2):
        with mine.alone():
            pass
    holder.communicate()
    assert len(said) == 1
    assert str(mine.path) in said[0]
    assert mine.path.exists()


def waiters(start: Start, lock: GpuLock, *modes: str, seconds: float = 0.05) -> list[subprocess.Popen[str]]:
    """Start processes that want the lock, each when the one before has its place in the queue."""
    queue, found = lock.path.with_suffix(".queue"), list[subprocess.Popen[str]]()
    for mode in modes:
        found.append(start(WAITER.format(mode=mode, seconds=seconds)))
        while len([*queue.glob("*.turn")]) < len(found):
            time.sleep(0.005)
    return found


def spans(processes: Iterable[subprocess.Popen[str]]) -> list[list[float]]:
    """Return from when to when each process held the lock."""
    return [[float(line) for line in process.communicate(timeout=60)[0].split()] for process in processes]


def test_those_who_wait_get_it_in_the_order_in_which_they_came(start: Start) -> None:
    mine = GpuLock("GPU-1", pytest.fail)
    with mine.alone():
        waiting = waiters(start, mine, *["alone"] * 4, seconds=0)
        waiting[1].kill()  # the dead hold up nobody
        waiting.pop(1).communicate()
    turns = [begin for begin, _ in spans(waiting)]
    assert turns == sorted(turns)
    with mine.alone():
        assert not [*mine.path.with_suffix(".queue").glob("*.turn")], "all have left"


def test_those_beside_each_other_share_it_and_one_alone_has_it_in_its_turn(start: Start) -> None:
    mine = GpuLock("GPU-1", pytest.fail)
    with mine.alone():
        waiting = waiters(start, mine, "beside", "beside", "alone", "beside")
    (one, one_end), (two, two_end), (alone, alone_end), (last, _) = spans(waiting)
    assert max(one, two) < min(one_end, two_end), "both at the same time"
    assert alone >= max(one_end, two_end)
    assert last >= alone_end


def test_who_waits_to_be_alone_does_not_starve(start: Start) -> None:
    mine = GpuLock("GPU-1", pytest.fail)
    with contextlib.ExitStack() as held:
        held.enter_context(mine.beside())
        (waiting,) = waiters(start, mine, "alone", seconds=0.2)
        # Whoever comes now comes too late, although those who share the lock could have it at once.
        late = threading.Thread(target=lambda: times.append(_now_beside(mine)))
        times: list[float] = []
        late.start()
        time.sleep(0.1)
        assert not times
    late.join(60)
    ((_, ended),) = spans([waiting])
    assert times[0] >= ended


def _now_beside(lock: GpuLock) -> float:
    with lock.beside():
        return time.monotonic()


def test_threads_of_a_process_exclude_each_other(start: Start) -> None:
    mine, spent = GpuLock("GPU-1"), list[tuple[float, float]]()

    def use() -> None:
        with mine.alone():
            begin = time.monotonic()
            time.sleep(0.02)
            spent.append((begin, time.monotonic()))

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(spent) == 3
    assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(sorted(spent)))


def test_within_its_own_turn_a_thread_waits_for_nobody(start: Start) -> None:
    mine = GpuLock("GPU-1", pytest.fail)
    with mine.beside():
        waiting = waiters(start, mine, "alone", seconds=0)
        with mine.beside():
            pass
    spans(waiting)
    with mine.alone(), mine.beside():
        pass


def test_a_turn_that_nobody_waits_for_is_cheap(start: Start) -> None:
    mine = GpuLock("GPU-1", pytest.fail)
    seconds = []
    for _ in range(50):
        started = time.perf_counter()
        with mine.beside():
            pass
        seconds.append(time.perf_counter() - started)
    assert statistics.median(seconds) < 0.5e-3


def test_where_no_lock_can_be_made_the_user_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath("file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    said: list[str] = []
    mine = GpuLock("GPU-1", said.append)
    for _ in range(2):
        with mine.alone():
            pass
    (text,) = said
    assert text.startswith("kernelbench: cannot lock this device, so other processes may use it meanwhile")


def test_another_gpu_has_another_lock(start: Start) -> None:
    with GpuLock("GPU-1", pytest.fail).alone(), GpuLock("GPU-2", pytest.fail).alone():
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
