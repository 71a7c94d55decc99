"""Turns at a device: nobody times while somebody else does, and nobody waits for the dead."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kernelbench.devices import turns
from pytest_kernelbench.devices.turns import Turns

TIMER = """
import sys, time
from pytest_kernelbench.devices.turns import Turns
one = Turns("GPU-1")
for _ in range(5):
    with one.turn(print):
        start = time.monotonic()
        time.sleep(0.02)
        print(start, time.monotonic(), flush=True)
    time.sleep(0.001)
"""

HOLDER = """
import time
from pytest_kernelbench.devices.turns import Turns
with Turns("GPU-1").turn(print):
    print("held", flush=True)
    time.sleep(60)
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
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    holder = start(HOLDER)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        holder.kill()

    mine = Turns("GPU-1")
    for _ in range(2):
        with mine.turn(say):
            pass
    holder.communicate()
    assert len(said) == 1
    assert str(mine.path) in said[0]
    assert mine.path.exists()


def test_where_no_lock_can_be_made_the_user_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath("file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    said: list[str] = []
    mine = Turns("GPU-1")
    for _ in range(2):
        with mine.turn(said.append):
            pass
    (text,) = said
    assert text.startswith("kernelbench: nothing keeps others from timing")


def test_another_gpu_is_another_turn(start: Start) -> None:
    with Turns("GPU-1").turn(pytest.fail), Turns("GPU-2").turn(pytest.fail):
        pass


def test_processors_of_two_machines_that_share_a_home_are_two(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Turns(None).path
    monkeypatch.setattr("platform.node", lambda: "elsewhere")
    assert Turns(None).path != one
