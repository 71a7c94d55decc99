"""Real runners: how they respond, how they end, and what they cannot do."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.sandbox import users

CASE = Case(x=Tensor((4, 5)), factor=2)
PARAMETERS = [("x", "POSITIONAL_OR_KEYWORD"), ("factor", "POSITIONAL_OR_KEYWORD")]
ROOT = os.geteuid() == 0 if hasattr(os, "geteuid") else False

Make = Callable[..., Runner]


@pytest.fixture
def make() -> Iterator[Make]:
    """Start a runner that has imported some code; it ends with the test."""
    runners = []

    def start(code: str, **settings: Any) -> Runner:
        runner = Runner(RunnerSettings(**{"device": "cpu", **settings}))
        runners.append(runner)
        answer = runner.load(code, "work.py", ["work"])
        assert answer.status == "ok", answer
        return runner

    yield start
    for runner in runners:
        if not runner._output.closed:
            runner.close()


def ask(runner: Runner, timeout: float = 60, max_bytes: int = 1 << 20) -> Any:
    return runner.call(CASE, PARAMETERS, max_bytes=max_bytes, timeout=timeout)


def tell(runner: Runner) -> Any:
    """Return what a kernel printed as JSON in its last line."""
    assert ask(runner).status == "ok"
    return json.loads(runner.printed().strip().splitlines()[-1])


def test_an_answer(make: Make) -> None:
    import torch

    runner = make("def work(x, factor):\n    y = x * factor\n    x[0] = 7\n    return y, x[1:], 3\n")
    answer = ask(runner)
    double, alias, number = answer.outputs
    assert (double.kind, double.dtype, double.shape, double.alias) == ("Tensor", "float32", (4, 5), None)
    assert (alias.alias, alias.same, alias.shape) == ("x", False, (3, 5))
    assert (number.kind, number.value, number.tensor) == ("int", "3", None)
    assert double.tensor is not None
    assert torch.equal(double.tensor[1:], 2 * alias.tensor)
    assert answer.metadata == ([[4, 5], [5, 1]],)
    assert len(answer.memory[0]) == 80 + 512
    assert answer.seconds > 0
    assert answer.counts == {}


def test_more_bytes_than_are_taken_are_left_out(make: Make) -> None:
    (output,) = ask(make("def work(x, factor): return x.repeat(1000, 1)"), max_bytes=100).outputs
    assert (output.shape, output.tensor) == ((4000, 5), None)


@pytest.mark.parametrize(
    ("code", "status", "message", "frame"),
    [
        ("def work(:", "load_error", "SyntaxError", "line 1"),
        ("import nothing_like_it", "load_error", "ModuleNotFoundError", "line 1, in <module>: import nothing_like_it"),
        ("def other(): pass", "load_error", "no function work; the file defines other", ""),
        ("work = 3", "load_error", "no function work; the file defines none", ""),
        ("raise SystemExit(0)", "crash", "SystemExit: 0", "line 1"),
    ],
)
def test_code_that_does_not_load(code: str, status: str, message: str, frame: str) -> None:
    runner = Runner(RunnerSettings(device="cpu"))
    try:
        answer = runner.load(code, "work.py", ["work"])
        assert answer.status in (status, "runtime_error")
        assert message in answer.message
        assert frame in " ".join(answer.frames)
        assert runner.alive
    finally:
        runner.close()


def test_an_exception_shows_the_kernels_frames_alone(make: Make) -> None:
    answer = ask(make("def inner(x):\n    return x @ x\n\ndef work(x, factor):\n    return inner(x)\n"))
    assert answer.status == "runtime_error"
    assert answer.message.startswith("RuntimeError: mat1 and mat2 shapes cannot be multiplied")
    assert answer.frames == ("line 5, in work: return inner(x)", "line 2, in inner: return x @ x")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("import os; os._exit(0)", "exit status 0"),
        ("import os; os._exit(3)", "exit status 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended by SIGKILL"),
        ("import ctypes; ctypes.string_at(0)", "ended by SIGSEGV"),
        ("import os; os.abort()", "ended by SIGABRT"),
    ],
)
def test_how_a_process_ended(make: Make, line: str, message: str) -> None:
    runner = make(f"def work(x, factor):\n    {line}\n")
    with pytest.raises(RunnerDied, match=message) as death:
        ask(runner)
    assert death.value.status == "crash"
    assert not runner.alive


def test_an_exit_is_data(make: Make) -> None:
    answer = ask(make("def work(x, factor):\n    raise SystemExit(0)\n"))
    assert (answer.status, answer.message) == ("crash", "SystemExit: 0")


def test_an_endless_call(make: Make) -> None:
    runner = make("def work(x, factor):\n    while True: pass\n")
    started = time.monotonic()
    with pytest.raises(RunnerDied, match="no answer within 1 s") as death:
        ask(runner, timeout=1)
    assert death.value.status == "timeout"
    assert time.monotonic() - started < 15
    runner.close()


def test_a_kernel_that_writes_on_the_channel(make: Make) -> None:
    code = (
        "import gc, socket\n"
        "def work(x, factor):\n"
        "    for thing in gc.get_objects():\n"
        "        if isinstance(thing, socket.socket): thing.sendall(b'passed' * 100)\n"
        "    import os\n"
        "    for fd in range(3, 64):\n"
        "        try: os.write(fd, b'passed' * 100)\n"
        "        except OSError: pass\n"
    )
    with pytest.raises(RunnerDied, match=r"broke the protocol|inconsistent response|closed the channel") as death:
        ask(make(code))
    assert death.value.status == "crash"


def test_what_a_kernel_prints_is_kept_and_cleaned(make: Make) -> None:
    code = (
        "import os, sys\n"
        "print('first ' * 2000)\n"
        "def work(x, factor):\n"
        "    print('\\x1b[31mred\\x1b[0m'); os.write(2, b'raw\\x07 \\xff')\n"
        "    assert sys.stdin.read() == ''\n"
        "    return x\n"
    )
    runner = make(code)
    ask(runner)
    printed = runner.printed()
    assert len(printed) <= 4000
    assert "first first" in printed
    assert "red\n" in printed
    assert "raw " in printed
    assert "\x1b" not in printed
    assert "\x07" not in printed


SURROUNDINGS = """
import json, os, resource, sys
def work(x, factor):
    limit = lambda name: resource.getrlimit(getattr(resource, name))[0]
    print(json.dumps({
        "environment": dict(os.environ), "cwd": os.getcwd(), "argv": sys.argv, "home": os.stat(os.getcwd()).st_uid,
        "user": os.getuid(), "groups": os.getgroups(), "session": os.getsid(0) == os.getpid(),
        "modules": list(sys.modules),
        "limits": {name: limit(name) for name in ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_AS")},
        "main": repr(sys.modules["__main__"]),
    }), flush=True)
    return x
"""


def test_the_surroundings_of_a_kernel(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    runner = make(SURROUNDINGS, file_size=1 << 20)
    # What is printed is cut from the front; the lists of modules and variables go to a file instead.
    assert ask(runner).status == "ok"
    told = json.loads(os.pread(runner._output.fileno(), 1 << 20, 0).decode().splitlines()[-1])
    home = told["cwd"]
    assert Path(home).is_dir()
    assert told["argv"] == [f"{home}/work.py"]
    assert told["session"]
    assert told["limits"]["RLIMIT_CORE"] == 0
    assert told["limits"]["RLIMIT_FSIZE"] == 1 << 20
    assert told["limits"]["RLIMIT_NOFILE"] == 256
    assert 4 << 30 < told["limits"]["RLIMIT_AS"] < 400 << 30
    environment = told["environment"]
    assert "SECRET_TOKEN" not in environment
    assert environment["HOME"] == environment["TRITON_CACHE_DIR"] == environment["TMPDIR"] == home
    assert environment["OMP_NUM_THREADS"] == "1"
    assert not {"PYTEST_CURRENT_TEST", "PYTHONPATH", "PYTEST_XDIST_WORKER"} & set(environment)
    assert not {"pytest", "_pytest", "hypothesis", "pytest_kernelbench.judge"} & set(told["modules"])
    assert told["user"] == told["home"]
    if ROOT:
        assert users.ours(told["user"])
        assert told["groups"] == []
    runner.close()
    assert not Path(home).exists()


def test_runners_do_not_share_a_home(make: Make) -> None:
    code = "import os\ndef work(x, factor):\n    print('\"' + os.getcwd() + '\"', flush=True)\n    return x\n"
    assert tell(make(code)) != tell(make(code))


@pytest.mark.parametrize(
    ("line", "status", "message"),
    [
        ("return bytearray(64 << 30)", "crash", "MemoryError"),
        ("open('big', 'wb').write(bytes(2 << 20))", "runtime_error", "File too large"),
        ("files = [open('f', 'w') for _ in range(400)]", "runtime_error", "Too many open files"),
        (
            "import os; pids = [os.fork() or __import__('time').sleep(9) for _ in range(200)]",
            "runtime_error",
            "temporarily",
        ),
    ],
)
def test_limits(make: Make, line: str, status: str, message: str) -> None:
    runner = make(f"def work(x, factor):\n    {line}\n    return x\n", file_size=1 << 20)
    answer = ask(runner)
    assert answer.status == status
    assert message in answer.message


@pytest.mark.skipif(not ROOT, reason="only root's runners change their user")
def test_a_runner_of_root_cannot_write_what_is_roots(make: Make, tmp_path: Path) -> None:
    answer = ask(make(f"def work(x, factor): open({str(tmp_path / 'f')!r}, 'w')"))
    assert answer.message.startswith("PermissionError")
    assert ask(make("import os\ndef work(x, factor): os.kill(1, 0)")).message.startswith("PermissionError")
    assert ask(make(f"import os\ndef work(x, factor): os.kill({os.getpid()}, 9)")).message.startswith("PermissionError")


@pytest.mark.parametrize("sandbox", ["best", "off"])
def test_nothing_outlives_a_runner(sandbox: str, make: Make) -> None:
    psutil = pytest.importorskip("psutil")
    code = (
        "import json, os, subprocess\n"
        "def work(x, factor):\n"
        "    plain = subprocess.Popen(['sleep', '300'])\n"
        f"    apart = subprocess.Popen(['sleep', '300'], start_new_session={sandbox == 'off'})\n"
        "    orphan = subprocess.check_output(['sh', '-c', 'sleep 300 >/dev/null 2>&1 & echo $!'])\n"
        "    print(json.dumps([os.getpid(), plain.pid, apart.pid, int(orphan)]), flush=True)\n"
        "    return x\n"
    )
    runner = make(code, sandbox=sandbox)
    pids = tell(runner)
    assert all(psutil.pid_exists(pid) for pid in pids)
    runner.close()
    end = time.monotonic() + 10
    while any(running(pid) for pid in pids):
        assert time.monotonic() < end, "a process outlived its runner"
        time.sleep(0.05)


def running(pid: int) -> bool:
    import psutil

    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_new_contents_in_the_same_memory(make: Make) -> None:
    import torch

    from pytest_kernelbench.wire.materialize import materialize

    code = "cache = {}\ndef work(x, factor): return cache.setdefault((x.data_ptr(), x._version), x.clone())\n"
    other = Case(x=Tensor((4, 5), seed=1), factor=2)
    runner = make(code)
    answer = runner.call(CASE, PARAMETERS, rewrite=other, max_bytes=1 << 20, timeout=60)
    assert torch.equal(answer.outputs[0].tensor, materialize(CASE).values["x"])
    answer = make("def work(x, factor): return x.clone()").call(
        CASE, PARAMETERS, rewrite=other, max_bytes=1 << 20, timeout=60
    )
    assert torch.equal(answer.outputs[0].tensor, materialize(other).values["x"])
