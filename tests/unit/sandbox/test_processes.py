"""The list of processes: descendants, users, memory that is shared counted once."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from pytest_kernelbench.sandbox import processes

TREE = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
apart = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
ended = subprocess.Popen(["true"])
print(child.pid, apart.pid, flush=True)
time.sleep(60)
"""


def test_descendants_are_those_that_run() -> None:
    command = [sys.executable, "-c", TREE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as root:
        assert root.stdout is not None
        below = sorted(map(int, root.stdout.readline().split()))
        try:
            assert [pid for pid in processes.descendants(root.pid) if pid in below] == below
            assert {root.pid, *below} <= {*processes.of_user(os.getuid())}
            assert processes.threads_of_user(os.getuid()) >= 3
        finally:
            for pid in (root.pid, *below):
                os.kill(pid, 9)


def test_a_process_that_does_not_exist() -> None:
    assert processes.process(1 << 30) is None
    assert processes.descendants(1 << 30) == []
    known = processes.process(os.getpid())
    assert known is not None
    assert (known.pid, known.parent, known.group, known.session, known.alive) == (
        os.getpid(), os.getppid(), os.getpgid(0), os.getsid(0), True,
    )  # fmt: skip


SHARING = """
import os, time
memory = bytearray(os.urandom(1)) * (64 << 20)
children = [os.fork() or time.sleep(60) for _ in range(3)]
print(*children, flush=True)
time.sleep(60)
"""


def test_memory_that_processes_share_counts_once() -> None:
    with subprocess.Popen([sys.executable, "-c", SHARING], stdout=subprocess.PIPE, text=True) as root:
        assert root.stdout is not None
        family = [root.pid, *map(int, root.stdout.readline().split())]
        try:
            assert processes.memory(family, 1 << 40) > 4 * (64 << 20)
            if processes._sum_of(f"/proc/{root.pid}/smaps_rollup", (b"Pss_Anon:",)) is None:
                pytest.skip("this machine does not say which pages are shared")
            assert 64 << 20 < processes.memory(family, 200 << 20) < 128 << 20
        finally:
            for pid in family:
                os.kill(pid, 9)


HEADLESS = """
import ctypes, os, threading, time
kept = bytearray(b"x") * (64 << 20)
ready = threading.Event()
threading.Thread(target=lambda: (ready.set(), time.sleep(60))).start()
ready.wait()
print("here", flush=True)
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)
"""


def test_a_process_whose_first_thread_has_ended_still_runs() -> None:
    with subprocess.Popen([sys.executable, "-c", HEADLESS], stdout=subprocess.PIPE, text=True) as root:
        assert root.stdout is not None
        root.stdout.readline()
        end = time.monotonic() + 10
        while (known := processes.process(root.pid)) is not None and known.state not in processes.ENDED:
            assert time.monotonic() < end
            time.sleep(0.01)
        try:
            assert known is not None
            assert known.alive
            assert root.pid in processes.of_user(os.getuid())
            assert processes.memory([root.pid], 1 << 40) > 64 << 20
        finally:
            root.kill()
    assert processes.process(root.pid) is None
