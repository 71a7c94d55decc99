"""Limits of a runner: resources, environment variables, and its user."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

from pytest_kernelbench.sandbox import limits, users

LIMITED = """
import ctypes, json, os, resource, signal, sys, tempfile
from pathlib import Path
from pytest_kernelbench.sandbox import limits

memory, cpu, user = json.loads(sys.argv[2])
tempfile.gettempdir()  # as a compiler in the same process may have done before
limits.apply(Path(sys.argv[1]), memory=memory, file_size=1 << 20, space=1 << 24, cpu=cpu, user=user, reserve=5 << 30,
             environment={"MY_LIB": "1", "LANG": "x", "HOME": "/"})
found = ctypes.c_int()
ctypes.CDLL(None).prctl(2, ctypes.byref(found), 0, 0, 0)  # PR_GET_PDEATHSIG
names = ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_NPROC")
print(json.dumps({
    "limits": {name: resource.getrlimit(getattr(resource, name)) for name in names},
    "environment": dict(os.environ), "cwd": os.getcwd(), "leads": os.getsid(0) == os.getpgid(0) == os.getpid(),
    "death": found.value, "user": os.getuid(), "pid": os.getpid(), "groups": os.getgroups(),
    "temporary": tempfile.gettempdir(),
}))
"""


def limited(home: Path, memory: int | None = 1 << 30, cpu: int | None = 60) -> dict[str, object]:
    """Return what a process under the limits says of itself."""
    # Its own user must be able to enter the folder.
    for folder in (home, *home.parents[:3]):
        folder.chmod(0o755)
    user = users.USERS.reserve()
    command = [sys.executable, "-c", LIMITED, str(home), json.dumps([memory, cpu, user and user.number])]
    environ = {**os.environ, "SECRET_TOKEN": "x", "LANG": "C"}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    if user is not None:
        user.release()
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
    assert environment["MY_LIB"] == "1"
    assert environment["HOME"] == environment["TMPDIR"] == environment["TRITON_CACHE_DIR"] == str(tmp_path)
    assert told["temporary"] == str(tmp_path)
    if os.geteuid() == 0:
        assert users.ours(int(str(told["user"])))
        assert told["groups"] == []


def test_a_gpu_needs_address_space_and_open_files(tmp_path: Path) -> None:
    values = limited(tmp_path, memory=None, cpu=None)["limits"]
    assert isinstance(values, dict)
    assert values["RLIMIT_AS"] == list(resource.getrlimit(resource.RLIMIT_AS))
    assert values["RLIMIT_CPU"] == list(resource.getrlimit(resource.RLIMIT_CPU))
    assert values["RLIMIT_NOFILE"][0] == min(limits.FILES_OF_CUDA, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
