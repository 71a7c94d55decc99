"""The sandbox as a kernel meets it: what every runner may do, what none may, and that the sandbox is the reason."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import pytest_kernelbench
from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.process import SandboxError
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.model.catalogue import default_root
from pytest_kernelbench.sandbox import landlock, policy
from tests.unit.sandbox import confined

CASE = Case(x=Tensor((2,)))

Start = Callable[..., Runner]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a runner whose kernel does what a line of code says, and prints what came of it."""
    runners = []

    def begin(code: str, **settings: Any) -> Runner:
        runners.append(Runner(RunnerSettings(**{"device": "cpu", **settings})))
        loaded = runners[-1].load(f"import os, socket\nfrom pathlib import Path\n{code}", "work.py", ["work"])
        assert loaded.status == "ok", loaded
        return runners[-1]

    yield begin
    for runner in runners:
        runner.close()


def told(runner: Runner) -> str:
    """Return what the kernel raised, or what it printed last."""
    answer = runner.call(CASE, [("x", "POSITIONAL_OR_KEYWORD")], max_bytes=1 << 20, timeout=60)
    return answer.message if answer.status != "ok" else runner.printed().strip().splitlines()[-1]


def doing(line: str) -> str:
    return f"def work(x):\n    print({line}, flush=True)\n    return x + 1\n"


@confined
@pytest.mark.parametrize(
    "line",
    [
        "Path({task!r}).read_text()",
        "os.listdir({tasks!r})",
        "Path({secret!r}).read_text()",
        "Path('/proc', str(os.getppid()), 'cmdline').read_text()",
        "socket.socket(socket.AF_UNIX).connect({address!r})",
        "socket.create_connection(('127.0.0.1', {port}))",
    ],
)
def test_what_the_sandbox_refuses_is_there_without_it(line: str, start: Start, tmp_path: Path) -> None:
    """As root, whose runners may read everything: without the sandbox each of these comes through."""
    tmp_path.chmod(0o755)
    (tmp_path / "results.jsonl").write_text("secret")
    with socket.socket(socket.AF_UNIX) as near, socket.create_server(("127.0.0.1", 0)) as far:
        os.chdir(tmp_path)
        near.bind("socket")
        Path("socket").chmod(0o777)
        near.listen()
        places = {
            "tasks": str(default_root()),
            "task": str(default_root() / "activation" / "sigmoid.py"),
            "secret": str(tmp_path / "results.jsonl"),
            "address": str(tmp_path / "socket"),
            "port": far.getsockname()[1],
        }
        code = doing(line.format(**places))
        assert told(start(code, sandbox="best")).startswith("PermissionError")
        assert not told(start(code, sandbox="off")).startswith(("PermissionError", "OSError"))


@confined
@pytest.mark.parametrize("line", ["os.listdir({home!r})", "Path({home!r}, 'work.py').read_text()"])
def test_no_runner_sees_the_files_of_another(line: str, start: Start) -> None:
    """Landlock refuses; where homes are file systems of their own, there is nothing behind the path either."""
    neighbour = start(doing("0"))
    line = line.format(home=str(neighbour.home))
    assert told(start(doing(line), sandbox="best")).startswith(("PermissionError", "FileNotFoundError"))


@confined
@pytest.mark.parametrize(
    "line",
    [
        "os.kill(os.getppid(), 0)",
        "os.kill(-1, 0)",
        "os.open(f'/proc/{os.getppid()}/mem', os.O_RDONLY)",
        "os.listdir(f'/proc/{os.getppid()}/fd')",
        "Path('/tmp/planted').write_text('')",
        "Path('/dev/shm/planted').write_text('')",
        "Path(os.__file__).write_text('')",
        "os.truncate(os.__file__, 0)",
        "os.chmod(os.__file__, 0)",
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
        "os.sched_setaffinity(os.getppid(), {0})",
        "__import__('resource').prlimit(os.getppid(), 0, (1, 1))",
        "__import__('fcntl').fcntl(0, __import__('fcntl').F_SETOWN, os.getppid())",
        "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    ],
)
def test_what_no_runner_may(line: str, start: Start) -> None:
    assert told(start(doing(line), sandbox="strict")).startswith("PermissionError")


@confined
@pytest.mark.parametrize(
    "line",
    [
        "os.kill(os.getpid(), 0)",
        "Path('own').write_text('text')",
        "os.mkdir('folder') or os.replace('work.py', 'folder/work.py')",
        "len(os.listdir('/proc/self/task'))",
        "socket.socketpair()",
        "os.write(os.open('/dev/null', os.O_WRONLY), b'x')",
        "__import__('subprocess').run(['ls', '/usr/bin'], check=True, capture_output=True)",
        "__import__('importlib').invalidate_caches() or __import__('sympy').__name__",
        "__import__('pytest_kernelbench.devices.loops')",
        "__import__('tempfile').TemporaryDirectory().cleanup()",
    ],
)
def test_what_every_runner_may(line: str, start: Start) -> None:
    assert "Error" not in told(start(doing(line), sandbox="strict"))


PACKAGE = Path(pytest_kernelbench.__file__).parent


@confined
@pytest.mark.parametrize(
    "line",
    [
        f"(Path({str(PACKAGE)!r}) / {name!r}).read_text()"
        for name in ("host/client.py", "host/answers.py", "judge/comparison/compare.py", "evaluation/session.py",
                     "plugin/hooks.py", "gpus/inventory.py", "report/results.py", "cli/main.py")
    ]
    + [f"Path({str(default_root() / 'activation' / 'relu.py')!r}).read_text()", f"os.listdir({str(default_root())!r})"],
)  # fmt: skip
def test_no_runner_may_read_what_judges_it(line: str, start: Start) -> None:
    assert told(start(doing(line), sandbox="strict")).startswith("PermissionError")


@confined
def test_a_runner_may_read_what_it_imports_of_this_package(start: Start) -> None:
    names = [f"{name}/__init__.py" for name in ("model", "wire", "runner", "devices", "sandbox")]
    lines = [f"len((Path({str(PACKAGE)!r}) / {name!r}).read_text())" for name in ("__init__.py", *names)]
    assert "Error" not in told(start(doing(f"sum([{', '.join(lines)}])"), sandbox="strict"))


FILES = """
def work(x):
    files = {}
    for number in os.listdir("/proc/self/fd"):
        if os.path.exists(f"/proc/self/fd/{number}"):
            files[number] = os.readlink(f"/proc/self/fd/{number}")
    print(__import__("json").dumps(files), flush=True)
    return x + 1
"""


def test_a_runner_inherits_its_channel_and_nothing_else(start: Start) -> None:
    neighbour = start(doing("0"))
    runner = start(FILES)
    files = json.loads(told(runner))
    assert (files.pop("0"), files.pop("1")) == ("/dev/null", files.pop("2"))
    assert sorted(link.partition(":")[0] for link in files.values()) == [f"/proc/{runner.pid}", "socket"]
    assert neighbour.alive


def test_strict_refuses_before_a_kernel_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    ready = {"status": "ready", "failed": {"Landlock": "this machine has no Landlock"}}
    runner = Runner(RunnerSettings(device="cpu", sandbox="strict"))
    monkeypatch.setattr("pytest_kernelbench.wire.protocol.receive", lambda *rest, **more: (ready, b""))
    with pytest.raises(
        SandboxError, match="strict: the sandbox of the runner is incomplete: Landlock: this machine has no Landlock"
    ):
        runner.load("print('imported', flush=True)", "work.py", ["work"])
    assert runner.printed() == ""
    runner.close()


def test_this_package_is_read_in_parts_wherever_it_lies(tmp_path: Path) -> None:
    package = tmp_path / "site" / "pytest_kernelbench"
    (package / "tasks").mkdir(parents=True)
    (tmp_path / "site" / "torch").mkdir()
    (tmp_path / "other").mkdir()
    found = dict(policy._without(tmp_path, package))
    assert found == {
        tmp_path: landlock.READ_DIR,
        tmp_path / "site": landlock.READ_DIR,
        tmp_path / "site" / "torch": landlock.READ,
        tmp_path / "other": landlock.READ,
    }
    assert dict(policy._without(package / "runner", package)) == {package / "runner": landlock.READ}


def test_the_judges_secrets_are_not_in_a_runner(start: Start) -> None:
    code = doing("__import__('json').dumps([Path('/proc/self/environ').read_text(), __import__('sys').orig_argv])")
    environment, arguments = json.loads(told(start(code)))
    names = {line.partition("=")[0] for line in environment.split("\0")}
    assert "PYTEST_CURRENT_TEST" not in names
    assert "HOME" not in names
    assert not any("pytest" in argument and "import" not in argument for argument in arguments)
