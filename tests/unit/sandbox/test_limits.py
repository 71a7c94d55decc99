"""Limits of a runner: resources, environment variables, its user, and the end of everything that it started."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pytest_kernelbench.sandbox import limits

LIMITED = """
import ctypes, json, os, resource, signal, sys
from pathlib import Path
from pytest_kernelbench.sandbox import limits

memory, cpu = json.loads(sys.argv[2])
limits.apply(Path(sys.argv[1]), memory=memory, file_size=1 << 20, cpu=cpu, reserve=5 << 30)
found = ctypes.c_int()
ctypes.CDLL(None).prctl(2, ctypes.byref(found), 0, 0, 0)  # PR_GET_PDEATHSIG
names = ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_NPROC")
print(json.dumps({
    "limits": {name: resource.getrlimit(getattr(resource, name)) for name in names},
    "environment": dict(os.environ), "cwd": os.getcwd(), "leads": os.getsid(0) == os.getpgid(0) == os.getpid(),
    "death": found.value, "user": os.getuid(), "pid": os.getpid(), "groups": os.getgroups(),
}))
"""


def limited(home: Path, memory: int | None = 1 << 30, cpu: int | None = 60) -> dict[str, object]:
    """Return what a process under the limits says of itself."""
    # Its own user must be able to enter the folder.
    for folder in (home, *home.parents[:3]):
        folder.chmod(0o755)
    command = [sys.executable, "-c", LIMITED, str(home), json.dumps([memory, cpu])]
    environ = {**os.environ, "SECRET_TOKEN": "x", "LANG": "C"}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_a_limited_process(tmp_path: Path) -> None:
    told = limited(tmp_path)
    values = told["limits"]
    assert isinstance(values, dict)
    assert values["RLIMIT_CORE"] == [0, 0]
    assert values["RLIMIT_FSIZE"] == [1 << 20, 1 << 20]
    assert values["RLIMIT_NOFILE"] == [limits.FILES, limits.FILES]
    assert values["RLIMIT_CPU"] == [60, 60]
    assert 1 << 30 < values["RLIMIT_AS"][0] < 8 << 30
    assert values["RLIMIT_AS"][1] == values["RLIMIT_AS"][0] + (5 << 30)
    assert values["RLIMIT_NPROC"][0] >= limits.PROCESSES
    assert (told["leads"], told["death"], told["cwd"]) == (True, signal.SIGKILL, str(tmp_path))
    environment = told["environment"]
    assert isinstance(environment, dict)
    assert "SECRET_TOKEN" not in environment
    assert environment["LANG"] == "C"
    assert environment["HOME"] == environment["TMPDIR"] == environment["TRITON_CACHE_DIR"] == str(tmp_path)
    if os.geteuid() == 0:
        assert told["user"] == limits.user_of(int(str(told["pid"])))
        assert told["groups"] == []


def test_a_gpu_needs_address_space_and_open_files(tmp_path: Path) -> None:
    values = limited(tmp_path, memory=None, cpu=None)["limits"]
    assert isinstance(values, dict)
    assert values["RLIMIT_AS"] == list(resource.getrlimit(resource.RLIMIT_AS))
    assert values["RLIMIT_CPU"] == list(resource.getrlimit(resource.RLIMIT_CPU))
    assert values["RLIMIT_NOFILE"][0] == min(limits.FILES_OF_CUDA, resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def test_runners_of_root_have_users_of_their_own() -> None:
    assert limits.user_of(7) == limits.FIRST_USER + 7
    assert limits.user_of(1_000_007) == limits.user_of(7)


TREE = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
apart = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(child.pid, apart.pid, flush=True)
time.sleep(60)
"""


def test_descendants_are_found_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not those of the user that a runner with this number would have.
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    command = [sys.executable, "-c", TREE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as root:
        assert root.stdout is not None
        below = sorted(map(int, root.stdout.readline().split()))
        assert limits.descendants(root.pid) == below
        limits.end(root.pid)
        assert root.wait(10) == -signal.SIGKILL
    end = time.monotonic() + 10
    while any(alive(pid) for pid in below):
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended may still wait for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
