"""Refused system calls, as Linux reports them: each is named, and no flood of them costs the judge its time."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.sandbox import refusals
from tests.unit.sandbox import confined

CASE = Case(x=Tensor((2,)))


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner(RunnerSettings(device="cpu"))
    yield runner
    runner.close()


def observed(runner: Runner, lines: str) -> list[str]:
    """Return what is observed of a kernel with these lines, without what its own process has seen."""
    code = f"import ctypes, os, resource, threading, time\ndef work(x):\n{lines}\n    return x + 1\n"
    assert runner.load(code, "work.py", ["work"]).status == "ok"
    answer = runner.call(CASE, [("x", "POSITIONAL_OR_KEYWORD")], max_bytes=1 << 20, timeout=60)
    assert answer.status == "ok", answer.text
    start = "the sandbox refused the system call "
    return [text.removeprefix(start) for _, text in answer.observations if text.startswith(start)]


def trying(*acts: str) -> str:
    """Return the lines of a kernel that does what raises errors."""
    return "".join(f"    try: {act}\n    except OSError as error: assert error.errno == 1, error\n" for act in acts)


@confined
def test_refused_calls_are_named_once(runner: Runner) -> None:
    acts = ("os.utime('work.py')", "os.setsid()", "os.kill(1, 0)", "os.setsid()", "os.memfd_create('m')",
            "os.setxattr('work.py', 'user.k', b'v')")  # fmt: skip
    expected = ["utimensat", "setsid", "kill(0x1, 0x0)", "memfd_create", "setxattr"]
    assert observed(runner, trying(*acts)) == expected


@confined
def test_calls_of_threads_and_children_are_named_too(runner: Runner) -> None:
    lines = (
        "    thread = threading.Thread(target=lambda: ctypes.CDLL(None).inotify_init1(0))\n"
        "    thread.start(); thread.join()\n"
        "    if os.fork() == 0:\n"
        "        ctypes.CDLL(None).personality(0)\n"
        "        os._exit(0)\n"
        "    os.wait()"
    )
    assert observed(runner, lines) == ["inotify_init1", "personality"]


@confined
def test_ordinary_work_is_not_refused_anything(runner: Runner) -> None:
    lines = (
        "    import subprocess, tempfile, torch\n"
        "    open('l.c', 'w').close()\n"
        "    subprocess.run(['cc', '-shared', '-o', 'l.so', 'l.c'], check=True)\n"
        "    ctypes.CDLL('./l.so')\n"
        "    with tempfile.TemporaryDirectory() as folder: open(folder + '/f', 'w').close()\n"
        "    thread = threading.Thread(target=time.sleep, args=(0.01,)); thread.start(); thread.join()\n"
        "    torch.linalg.eigh(torch.eye(8))\n"
        "    resource.getrusage(resource.RUSAGE_SELF)"
    )
    assert observed(runner, lines) == []


@confined
def test_a_flood_ends_the_reports_and_not_the_kernel(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MAX_REPORTS", 50)
    flood = "    for _ in range(500): ctypes.CDLL(None).inotify_init1(0)\n"
    assert observed(runner, flood) == ["inotify_init1"]


@confined
def test_a_death_says_what_was_refused(runner: Runner) -> None:
    code = "import os\ndef work(x):\n    try: os.setsid()\n    except OSError: os._exit(3)\n"
    assert runner.load(code, "work.py", ["work"]).status == "ok"
    with pytest.raises(RunnerDied, match=r"exit status 3\nthe sandbox refused the system call setsid$"):
        runner.call(CASE, [("x", "POSITIONAL_OR_KEYWORD")], max_bytes=1 << 20, timeout=60)


@confined
def test_no_kernel_has_the_listener(runner: Runner) -> None:
    lines = (
        "    paths = [f'/proc/self/fd/{number}' for number in os.listdir('/proc/self/fd')]\n"
        "    links = [os.readlink(path) for path in paths if os.path.lexists(path)]\n"
        "    assert len(links) >= 3 and not any('seccomp' in link for link in links), links"
    )
    assert observed(runner, lines) == []


def test_a_listener_that_is_none_is_closed() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        found = refusals.Refusals(ours.detach())
        found.answer()
        assert found.fileno() == -1
        found.close()
    assert found.names == {}
