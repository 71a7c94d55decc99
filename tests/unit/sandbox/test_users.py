"""The users of runners: each has one to itself, and sweeping one ends its processes and no others."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from pytest_kernelbench.sandbox import processes, sweeper, users

ROOT = pytest.mark.skipif(os.geteuid() != 0 or users.available() is None, reason="needs root, and users to spare")

COMET = """
import os, signal, sys, time
os.setgroups([])
os.setresgid(*[int(sys.argv[1])] * 3)
os.setresuid(*[int(sys.argv[1])] * 3)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
end = time.monotonic() + 60
os.setsid()
while time.monotonic() < end:
    if os.fork():
        os._exit(0)
    os.setsid()
    time.sleep(0.0005)
"""
"""A process that is never there when a list of processes has been made."""


@pytest.fixture
def user() -> Iterator[users.User]:
    found = users.USERS.reserve()
    assert found is not None
    yield found
    found.sweep()
    found.release()


def started(user: int, *command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, user=user, group=user, extra_groups=[])


def gone(user: int) -> bool:
    """Whether a user has no processes any more, after a while."""
    end = time.monotonic() + 5
    while processes.of_user(user) and time.monotonic() < end:
        time.sleep(0.01)
    return not processes.of_user(user)


@ROOT
def test_sweeping_ends_the_processes_of_one_user(user: users.User) -> None:
    other = users.USERS.reserve()
    assert other is not None
    assert other.number != user.number
    mine = [started(user.number, "sleep", "60") for _ in range(3)]
    others = [subprocess.Popen(["sleep", "60"]), started(other.number, "sleep", "60"), started(65534, "sleep", "60")]
    try:
        assert user.sweep()
        assert [process.wait(5) for process in mine] == [-9, -9, -9]
        time.sleep(0.05)
        assert [process.poll() for process in others] == [None, None, None]
    finally:
        for process in others:
            process.kill()
            process.wait()
        other.release()


@ROOT
def test_nothing_outruns_a_sweep(user: users.User) -> None:
    for _ in range(5):
        command = [sys.executable, "-c", COMET, str(user.number)]
        comets = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
        assert [comet.wait(10) for comet in comets] == [0, 0, 0]
        assert user.sweep()
        for comet in comets:
            # Every process of the comet has this pipe, so that its end shows that none is left.
            assert comet.stdout is not None
            assert comet.communicate(timeout=10) == (b"", None)


@ROOT
@pytest.mark.parametrize("number", [0, 1000, 65534])
def test_users_that_are_not_runners_are_never_swept(number: int, user: users.User) -> None:
    other = started(number, "sleep", "60")
    try:
        assert not user._sweeper.ask(sweeper.SWEEP, number)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_process_that_could_signal_others_does_not() -> None:
    here = os.getuid()
    assert not sweeper.may_signal_only(here, range(here + 1, here + 2))
    if here == 0:
        assert not sweeper.may_signal_only(0, range(0, 1))


@ROOT
def test_a_user_is_given_to_one_runner_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = users.available()
    assert numbers is not None
    # Not the range of the judges of this machine.
    monkeypatch.setattr(users, "NAME", f"pytest-kernelbench-test-{os.getpid()}")
    monkeypatch.setattr(users, "available", lambda: numbers[-2:])
    first, second = users.USERS.reserve(), users.USERS.reserve()
    assert first is not None
    assert second is not None
    assert {first.number, second.number} == {*numbers[-2:]}
    assert users.USERS.reserve() is None
    first.release()
    first.release()
    again = users.USERS.reserve()
    assert again is not None
    assert again.number == first.number
    again.release()
    second.release()
    for folder in users.LOCKS:
        if os.path.exists(path := os.path.join(folder, users.NAME)):
            os.unlink(path)


@ROOT
def test_what_a_judge_leaves_is_swept_when_it_ends() -> None:
    code = (
        "import os, subprocess\n"
        "from pytest_kernelbench.sandbox.users import USERS\n"
        "user = USERS.reserve()\n"
        "subprocess.Popen(['sleep', '60'], user=user.number, group=user.number, extra_groups=[])\n"
        "print(user.number, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    judge = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=False)
    assert gone(int(judge.stdout))


LEAVING = """
import os, subprocess, sys, time
from pytest_kernelbench.sandbox import processes
from pytest_kernelbench.sandbox.users import USERS
runner = subprocess.Popen([sys.executable, "-c", sys.argv[2]], stdout=subprocess.DEVNULL, start_new_session=True)
group = USERS.watch(runner.pid, processes.process(runner.pid).started - int(sys.argv[3]))
print(runner.pid, flush=True)
time.sleep(0.2)
os.killpg(0, int(sys.argv[1]))
"""
"""A judge that is ended, with everything in its process group."""

FORKING = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
end = time.monotonic() + 20
while time.monotonic() < end:
    if os.fork():
        os._exit(0)
    time.sleep(0.0005)
"""


def left(group: int) -> bool:
    """Whether a process group still has processes after a while."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_group_of_a_runner_ends_with_its_judge(number: int) -> None:
    command = [sys.executable, "-c", LEAVING, str(int(number)), FORKING, "0"]
    judge = subprocess.run(command, stdout=subprocess.PIPE, text=True, start_new_session=True, check=False)
    assert judge.returncode == -number
    assert not left(int(judge.stdout))


def test_a_group_whose_number_has_passed_on_is_left_alone() -> None:
    command = [sys.executable, "-c", LEAVING, "9", "import time; time.sleep(60)", "1"]
    judge = subprocess.run(command, stdout=subprocess.PIPE, text=True, start_new_session=True, check=False)
    time.sleep(1.5)
    os.killpg(int(judge.stdout), signal.SIGKILL)


def test_an_ordinary_judge_has_no_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert users.USERS.reserve() is None
    assert users.ours(users.RANGES[0][0])
    assert not users.ours(1000)


def test_a_user_namespace_has_the_second_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "_mapped", lambda file: [range(0, 65_536)])
    assert users.available() == users.RANGES[1]
    monkeypatch.setattr(users, "_mapped", lambda file: [range(0, 1)])
    assert users.available() is None


def test_the_sweeper_answers_what_it_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    swept = []
    monkeypatch.setattr(sweeper, "sweep", lambda user, users: swept.append(user) or user == 7)
    monkeypatch.setattr(sweeper, "TRIES", 1)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    lock = os.open(os.devnull, os.O_RDONLY)
    with ours, theirs:
        for word, user, descriptors in (("begin", 7, [lock]), ("begin", 8, [lock]), ("sweep", 7, []),
                                        ("sweep", 9, []), ("release", 8, []), ("release", 9, []),
                                        ("watch", "1073741823 5", []), ("forget", 1073741823, [])):  # fmt: skip
            socket.send_fds(ours, [f"{word} {user}".encode()], descriptors)
        ours.shutdown(socket.SHUT_WR)
        sweeper.serve(theirs, range(7, 10))
        assert [ours.recv(1) for _ in range(8)] == [b"1", b"1", b"1", b"0", b"1", b"1", b"1", b"1"]
    os.close(lock)
    assert swept == [7, 9, 7]
