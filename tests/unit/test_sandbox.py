"""The sandbox: what the machine refuses to a runner, and that it is the sandbox which does."""

from __future__ import annotations

import errno
import json
import os
import platform
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.model.catalogue import default_root
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.runner import attempts, landlock, sandbox, syscalls
from pytest_kernelbench.runner.child import RunnerSettings, SandboxError
from pytest_kernelbench.runner.client import Runner

CASE = Case(x=Tensor((2,)))
REFUSED, ALLOWED = 0x00050000 | errno.EPERM, 0x7FFF0000

confined = pytest.mark.skipif(
    landlock.version() < landlock.NEEDED or platform.machine() not in ("x86_64", "aarch64"),
    reason="this machine has no Landlock or no table of system calls",
)


@confined
def test_every_measure_holds_here() -> None:
    assert [measure.broken for measure in attempts.measures()] == [""] * len(attempts.ADVICE)


@confined
@pytest.mark.parametrize(
    ("taken", "broken"),
    [
        ("landlock.restrict", {"files", "processes"}),
        ("syscalls.refuse", {"network"} if os.geteuid() == 0 else {"network", "processes", "permissions"}),
    ],
)
def test_without_a_measure_something_comes_through(
    taken: str, broken: set[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "without.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from pytest_kernelbench.runner import attempts, landlock, syscalls\n"
        f"{taken} = lambda *rest: (_ for _ in ()).throw(OSError('not here'))\n"
        "attempts._main(Path(sys.argv[1]), int(sys.argv[2]))\n"
    )
    real = attempts.subprocess.run
    monkeypatch.setattr(
        attempts.subprocess, "run", lambda command, **more: real([command[0], script, *command[3:]], **more)
    )
    assert {measure.name for measure in attempts.measures() if not measure.holds} == broken


Start = Callable[..., Runner]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a runner whose kernel does what a line of code says, and prints what came of it."""
    runners = []

    def begin(code: str, **settings: Any) -> Runner:
        runners.append(Runner(RunnerSettings(**{"device": "cpu", **settings})))
        assert (
            runners[-1].load(f"import os, socket\nfrom pathlib import Path\n{code}", "work.py", ["work"]).status == "ok"
        )
        return runners[-1]

    yield begin
    for runner in runners:
        runner.close()


def told(runner: Runner) -> str:
    """Return what the kernel raised, or what it printed last."""
    answer = runner.call(CASE, [("x", "POSITIONAL_OR_KEYWORD")], most=1 << 20, seconds=60)
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
        "os.listdir(Path({home!r}))",
        "Path({home!r}, 'work.py').read_text()",
        "Path('/proc', str(os.getppid()), 'cmdline').read_text()",
        "socket.socket(socket.AF_UNIX).connect({address!r})",
        "socket.create_connection(('127.0.0.1', {port}))",
    ],
)
def test_what_the_sandbox_refuses_is_there_without_it(line: str, start: Start, tmp_path: Path) -> None:
    """As root, whose runners may read everything: without the sandbox each of these comes through."""
    neighbour = start(doing("0"))
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
            "home": str(neighbour._home),
            "address": str(tmp_path / "socket"),
            "port": far.getsockname()[1],
        }
        code = doing(line.format(**places))
        assert told(start(code, sandbox="best")).startswith("PermissionError")
        assert not told(start(code, sandbox="off")).startswith(("PermissionError", "OSError"))


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
    monkeypatch.setattr("pytest_kernelbench.runner.protocol.receive", lambda *rest, **more: (ready, b""))
    with pytest.raises(SandboxError, match="strict: the runner has no sandbox: Landlock: this machine has no Landlock"):
        runner.load("print('imported', flush=True)", "work.py", ["work"])
    assert runner.printed() == ""
    runner.close()


def test_this_package_is_read_in_parts_wherever_it_lies(tmp_path: Path) -> None:
    package = tmp_path / "site" / "pytest_kernelbench"
    (package / "tasks").mkdir(parents=True)
    (tmp_path / "site" / "torch").mkdir()
    (tmp_path / "other").mkdir()
    found = dict(sandbox._without(tmp_path, package))
    assert found == {
        tmp_path: landlock.READ_DIR,
        tmp_path / "site": landlock.READ_DIR,
        tmp_path / "site" / "torch": landlock.READ,
        tmp_path / "other": landlock.READ,
    }
    assert dict(sandbox._without(package / "runner", package)) == {package / "runner": landlock.READ}


def test_landlock_says_why_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    with pytest.raises(OSError, match="has no Landlock"):
        landlock.restrict({Path("/"): landlock.READ})
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(OSError, match="no table of system calls for riscv64"):
        syscalls.refuse()


def decided(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """Run the filter of process 77 as Linux does, and return what it decides."""
    own = syscalls._ARCHITECTURES[machine][1]
    padded = [value & 0xFFFFFFFFFFFFFFFF for value in (*arguments, 0, 0, 0, 0, 0, 0)[:6]]
    data = struct.pack("<IIQ6Q", number, own if architecture is None else architecture, 0, *padded)
    program, at, held = syscalls.program(machine, 77), 0, 0
    while True:
        code, then, otherwise, value = program[at]
        at += 1
        if code == syscalls._LOAD:
            (held,) = struct.unpack_from("<I", data, value)
        elif code == syscalls._AND:
            held &= value
        elif code == syscalls._RETURN:
            return value
        else:
            met = held == value if code == syscalls._EQUAL else held >= value
            at += then if met else otherwise


@pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])
def test_the_filter(machine: str, column: int) -> None:
    refused = {numbers[column] for numbers in syscalls.REFUSED.values()} - {None}
    special = {numbers[column] for numbers in (*syscalls.ON_ITSELF.values(), syscalls.SOCKETPAIR)}
    for number in range(600):
        expected = REFUSED if number in refused | special else ALLOWED
        # -1 is no process, no command and no kind of socket.
        assert decided(machine, number, -1, -1) == expected, number
    for own in syscalls.ON_ITSELF.values():
        assert {decided(machine, own[column], process) for process in (0, 77, -77)} == {ALLOWED}
        assert {decided(machine, own[column], process) for process in (1, -1, 76, -78)} == {REFUSED}
        assert decided(machine, own[column], 77 | 1 << 32) == ALLOWED, "Linux looks at 32 bits, and so must the filter"
        assert decided(machine, own[column], 1 | 77 << 32) == REFUSED
    for numbers, commands in syscalls.COMMANDS.values():
        assert {decided(machine, numbers[column], 3, command) for command in commands} == {REFUSED}
        assert decided(machine, numbers[column], 3, 1) == ALLOWED
    pair = syscalls.SOCKETPAIR[column]
    kinds = {kind: decided(machine, pair, socket.AF_UNIX, kind | socket.SOCK_CLOEXEC) for kind in range(1, 6)}
    assert kinds == {1: ALLOWED, 2: REFUSED, 3: REFUSED, 4: REFUSED, 5: ALLOWED}
    assert decided(machine, pair, socket.AF_TIPC, 1) == REFUSED
    assert decided(machine, 39, architecture=0x40000003) == REFUSED
    if machine == "x86_64":
        assert decided(machine, 39 | 1 << 30) == REFUSED


def test_the_session_says_what_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    from pytest_kernelbench.session import Bench

    broken = [attempts.Measure("files", "1 of 5", "ask for Landlock"), attempts.Measure("network", "", "")]
    monkeypatch.setattr(attempts, "measures", lambda: broken)
    bench: Any = SimpleNamespace(settings=SimpleNamespace(sandbox="best"), unconfined="")
    Bench.confine(bench)
    assert bench.unconfined == "the sandbox does not hold for files here (see pytest-kernelbench doctor)"
    bench.settings.sandbox = "strict"
    with pytest.raises(KernelBenchError, match="does not hold on this machine\n  files: 1 of 5; must ask for Landlock"):
        Bench.confine(bench)


def test_the_judges_secrets_are_not_in_a_runner(start: Start) -> None:
    code = doing("__import__('json').dumps([Path('/proc/self/environ').read_text(), __import__('sys').orig_argv])")
    environment, arguments = json.loads(told(start(code)))
    names = {line.partition("=")[0] for line in environment.split("\0")}
    assert "PYTEST_CURRENT_TEST" not in names
    assert "HOME" not in names
    assert not any("pytest" in argument and "import" not in argument for argument in arguments)
