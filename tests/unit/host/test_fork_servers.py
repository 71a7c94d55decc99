"""A fork server may die at any time: the next runner gets a new one, and no kernel is blamed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.evaluation.session import EvaluationSession, SharedState
from pytest_kernelbench.evaluation.settings import Settings
from pytest_kernelbench.evaluation.submission import SubmissionSession
from pytest_kernelbench.host.client import Runner
from pytest_kernelbench.host.fork_servers import INTERPRETING, Server
from pytest_kernelbench.host.process import RunnerDied
from pytest_kernelbench.host.settings import RunnerSettings
from pytest_kernelbench.judge.correctness.trial import Trial
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.model.source import Source
from pytest_kernelbench.model.submission import Kernel

CODE = "def relu(input, inplace=False):\n    return input.relu_() if inplace else input.relu()\n"
CASE, PARAMETERS = Case(input=Tensor((3,))), [("input", "POSITIONAL_OR_KEYWORD")]


def kill() -> int:
    """Kill the server, which must be running; return its process id."""
    pid = INTERPRETING.server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while INTERPRETING.server.is_alive():
        time.sleep(0.01)
    return pid


def loaded() -> Runner:
    runner = Runner(RunnerSettings(device="cpu"))
    assert runner.load(CODE, "relu.py", ["relu"]).status == "ok"
    return runner


def test_runners_end_with_their_server_and_say_so() -> None:
    runner = loaded()
    before = kill()
    with pytest.raises(RunnerDied) as death:
        runner.call(CASE, PARAMETERS, max_bytes=1 << 10, timeout=60)
    assert (death.value.status, death.value.orphaned) == ("crash", True)
    runner.close()
    # The next one starts another server.
    runner = loaded()
    assert INTERPRETING.server.pid != before
    with pytest.raises(RunnerDied) as death:
        runner.load("import os; os._exit(255)", "relu.py", ["relu"])
    assert not death.value.orphaned
    runner.close()


def submission(tmp_path: Path) -> tuple[SubmissionSession, Kernel]:
    judging = JudgingSettings(device="cpu", examples=0, facets=("basic", "sizes"), timeout=120.0)
    kernel = Kernel("relu", "Activation", tmp_path / "relu.py", CODE, 1, None, "ab")
    session = EvaluationSession(Settings(judging=judging), SharedState(Catalogue.find(), None))
    return SubmissionSession(Source("mine", tmp_path, tmp_path), session), kernel


def killing(monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """Have the server killed before some calls of kernels; return the list of those that were."""
    killed: list[int] = []
    call = Runner.call

    def kill_first(self: Runner, *args: Any, **kwargs: Any) -> Any:
        if len(killed) < times:
            killed.append(kill())
        return call(self, *args, **kwargs)

    monkeypatch.setattr(Runner, "call", kill_first)
    return killed


def test_a_server_starts_in_nobodys_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(settings: RunnerSettings) -> Runner:
        time.sleep(0.5)
        return Runner(settings)

    monkeypatch.setattr("pytest_kernelbench.judge.correctness.trial.Runner", slowly)
    one, kernel = submission(tmp_path)
    session = one.session
    trial = Trial(kernel, session.catalogue.load("relu"), session.shared.oracle, RunnerSettings(device="cpu"), 60.0)
    before = trial.deadline
    trial.load()
    trial.close()
    assert trial.deadline >= before + 0.5


def test_an_innocent_kernel_is_judged_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed = killing(monkeypatch, 1)
    one, kernel = submission(tmp_path)
    record, _ = one.judge(kernel, None)
    assert (record.status, len(killed)) == ("passed", 1), record.failure


def test_a_kernel_with_which_it_always_dies_has_crashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_kernelbench.evaluation.submission.TRIES", 2)
    killed = killing(monkeypatch, 100)
    one, kernel = submission(tmp_path)
    record, _ = one.judge(kernel, None)
    assert (record.status, len(killed)) == ("crash", 2)


def test_a_server_that_is_warm_serves_the_next_runner() -> None:
    if INTERPRETING.server.is_alive():
        kill()
    INTERPRETING.warm()
    pid = INTERPRETING.server.pid
    assert INTERPRETING.server.is_alive()
    loaded().close()
    assert INTERPRETING.server.pid == pid


@pytest.mark.parametrize(("given", "found"), [({}, "/elsewhere"), ({"TRITON_HOME": "/mine"}, "/mine")])
def test_triton_compiles_its_driver_in_the_users_home(
    given: dict[str, str], found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password file of a container may name another folder, which cannot be written, or none."""
    monkeypatch.delenv("TRITON_HOME", raising=False)
    for name, value in {"HOME": "/elsewhere", **given}.items():
        monkeypatch.setenv(name, value)
    with Server({})._environment():
        assert os.environ.get("HOME") is None
        assert os.environ["TRITON_HOME"] == found
    assert os.environ.get("TRITON_HOME") == given.get("TRITON_HOME")


def test_the_users_c_compiler_is_that_of_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CC", "CPATH", "CCI_TOKEN"):
        monkeypatch.setenv(name, "mine")
    with Server({})._environment():
        assert [os.environ.get(name) for name in ("CC", "CPATH", "CCI_TOKEN")] == ["mine", "mine", None]
