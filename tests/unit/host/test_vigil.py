"""Limits of a runner as a whole: the memory of all its processes, and all its files, whatever each of them has."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host import process, vigil
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.sandbox import ending
from pytest_kernelbench.wire.protocol import Closed

CASE = Case(x=Tensor((2,)))
Make = Callable[..., Runner]


@pytest.fixture
def make() -> Iterator[Make]:
    """Start a runner whose kernel does what some lines of code say."""
    runners = []

    def begin(lines: str, **settings: Any) -> Runner:
        runners.append(Runner(RunnerSettings(**{"device": "cpu", **settings})))
        code = f"import os, time\ndef work(x):\n{lines}\n    return x + 1\n"
        assert runners[-1].load(code, "work.py", ["work"]).status == "ok"
        return runners[-1]

    yield begin
    for runner in runners:
        runner.close()


def ask(runner: Runner) -> Any:
    return runner.call(CASE, [("x", "POSITIONAL_OR_KEYWORD")], max_bytes=1 << 20, timeout=60)


GREEDY = """
    for _ in range(6):
        if os.fork() == 0:
            kept = bytearray(os.urandom(1)) * (64 << 20)
            time.sleep(60)
    time.sleep(20)
"""


def test_processes_that_use_too_much_memory_together_are_ended(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SLACK", 0)
    runner = make(GREEDY, memory=256 << 20)
    if runner._vigil.memory is None:
        pytest.skip("Linux limits the memory of control groups here")
    with pytest.raises(RunnerDied, match="its processes use more than 256 MiB of memory together") as death:
        ask(runner)
    assert death.value.status == "crash"
    assert runner.family.all() == []


def test_processes_that_share_their_memory_use_it_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SLACK", 0)
    monkeypatch.setattr(vigil, "PERIOD", 0.05)
    lines = (
        "    kept = bytearray(os.urandom(1)) * (64 << 20)\n"
        "    [os.fork() or time.sleep(60) for _ in range(12)]\n"
        "    time.sleep(0.5)"
    )
    assert ask(make(lines, memory=512 << 20)).status == "ok"


FILES = """
    for number in range(64):
        with open(f"file{number}", "wb") as stream:
            stream.write(bytes(1 << 20))
    time.sleep(20)
"""


def test_files_that_are_too_large_together(make: Make) -> None:
    runner = make(FILES, space=16 << 20)
    if runner._vigil.space is None:
        answer = ask(runner)
        assert answer.status == "runtime_error"
        assert answer.message.startswith("OSError: [Errno 28] No space left on device")
    else:
        with pytest.raises(RunnerDied, match="its files take more than 16 MiB together"):
            ask(runner)


def test_a_home_that_linux_does_not_limit_is_watched(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = make("    deleted = open('f', 'wb'); os.unlink('f'); deleted.write(bytes(1 << 24)); time.sleep(20)")
    monkeypatch.setattr(runner._vigil, "space", 8 << 20)
    if os.geteuid() == 0:
        # Its files lie where the judge does not see them, but what it has open is seen.
        monkeypatch.setattr(runner._vigil._files, "used", lambda family, limit: limit + bool([*family]))
    with pytest.raises(RunnerDied, match="its files take more than 8 MiB together"):
        ask(runner)


def test_what_is_within_the_limits_is_left_alone(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vigil, "PERIOD", 0.02)
    runner = make("    open('f', 'wb').write(bytes(1 << 20)); kept = bytes(1 << 20); time.sleep(0.3)")
    assert ask(runner).status == "ok"
    assert runner._vigil.refused == []


LEAVING = """
    if os.fork() == 0:
        time.sleep(60)
    os._exit(3)
"""


def test_a_runner_that_leaves_its_children_behind_has_ended(make: Make) -> None:
    runner = make(LEAVING)
    started = time.monotonic()
    with pytest.raises(RunnerDied, match="the kernel ended its process with exit status 3") as death:
        ask(runner)
    assert (death.value.status, runner.family.all()) == ("crash", [])
    assert time.monotonic() - started < 30


def test_what_a_process_has_sent_before_its_end_is_read(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    ended, ends = os.pipe()
    with ours, theirs:
        watch = vigil.Vigil(ours, ending.Family(0, 0), tmp_path, ended)
        theirs.send(b"x")
        os.close(ends)
        watch.wait(None)
        assert ours.recv(1) == b"x"
        with pytest.raises(Closed):
            watch.wait(None)
    os.close(ended)
