"""The end of a runner: everything that it started ends with it, and nothing that has its number by chance."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pytest_kernelbench.sandbox import ending, processes
from pytest_kernelbench.sandbox.cgroups import ControlGroup, own
from pytest_kernelbench.sandbox.ending import Family

TREE = """
import ctypes, os, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]
child, apart = subprocess.Popen(sleeping), subprocess.Popen(sleeping, start_new_session=True)
print(child.pid, apart.pid, end=" ", flush=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(60)
    os._exit(0)
time.sleep(60)
"""
"""A runner without a sandbox, whose processes have sessions and parents of their own."""

COMET = """
import os, signal, time
print("here", flush=True)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if os.fork():
    time.sleep(60)
end = time.monotonic() + 60
while time.monotonic() < end:
    if os.fork():
        os._exit(0)
    time.sleep(0.0005)
"""
"""A runner whose process forks itself anew all the time, in its own group: the sandbox refuses to leave that."""


def started(code: str) -> tuple[subprocess.Popen[str], list[int]]:
    """Start a runner; return it with the numbers that it prints."""
    root = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert root.stdout is not None
    return root, [int(word) for word in root.stdout.readline().split() if word.isdigit()]


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended may still wait for its parent."""
    known = processes.process(pid)
    return known is not None and known.alive


def test_descendants_end_also_those_with_other_sessions_and_parents() -> None:
    root, below = started(TREE)
    with root:
        family = Family.of(root.pid)
        assert len(below) == 3
        assert {*below} <= {*family.others()}
        assert ending.end(family)
        assert root.wait(10) == -signal.SIGKILL
        assert not any(map(alive, below))


def test_a_group_ends_at_once_however_fast_it_forks() -> None:
    for _ in range(5):
        root, _ = started(COMET)
        with root:
            time.sleep(0.05)
            family = Family.of(root.pid)
            assert ending.end(family)
            assert family.all() == []


def test_a_number_that_has_passed_to_another_process_is_left_alone() -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as other:
        family = Family(other.pid, started=-1)
        assert not family.owns_number
        assert ending.end(family)
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("number", [-1, 0, 1])
def test_no_runner_has_the_number_of_everybody(number: int) -> None:
    with pytest.raises(ValueError, match=f"expected the id of a runner, got {number}"):
        Family.of(number)


def test_a_control_group_ends_its_processes() -> None:
    group = ControlGroup.make()
    if group is None:
        pytest.skip("this machine lets us make no control group")
    with subprocess.Popen(["sleep", "60"]) as process:
        assert group.add(process.pid)
        group.kill()
        assert process.wait(5) == -signal.SIGKILL
    group.remove()
    assert not group.folder.exists()


def test_a_control_group_limits_memory_where_it_can(tmp_path: Path) -> None:
    group = ControlGroup(tmp_path)
    group.limit_memory(1 << 20)
    assert not group.limits_memory
    (tmp_path / "memory.max").write_text("max")
    group.limit_memory(1 << 20)
    assert group.limits_memory
    assert (tmp_path / "memory.max").read_text() == str(1 << 20)


def test_a_judge_without_a_control_group_makes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (above := own()) is None or above.is_dir()
    monkeypatch.setattr("pytest_kernelbench.sandbox.cgroups.own", lambda: None)
    assert ControlGroup.make() is None
    monkeypatch.setattr("pytest_kernelbench.sandbox.cgroups.own", lambda: Path(f"/proc/{os.getpid()}"))
    assert ControlGroup.make() is None
    assert ControlGroup.make(to_limit=True) is None
