"""--kb-results: one line a kernel as it is judged, whatever happens afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pytest_kernelbench.model.record import Record
from tests.support.project import QUICK, SIGMOID, TORCH_RELU, WRONG_RELU, Project

SLOW = """
import subprocess, time
def sigmoid(input, out=None):
    child = subprocess.Popen(["sleep", "300.25"])
    time.sleep(300)
"""


def test_lines_are_records_and_are_appended(project: Project) -> None:
    project.submit({"relu.py": WRONG_RELU, "round_1/relu.py": TORCH_RELU, "softmax.py": "1 / 0"})
    project.judge("--kb-results=deep/folder/results.jsonl").assert_outcomes(passed=1, failed=2)
    path = Path("deep/folder/results.jsonl")
    first = [Record.from_json(line) for line in path.read_text().splitlines()]
    assert [(record.variant, record.task, record.status, record.stage) for record in first] == [
        (None, "relu", "wrong_values", "runs"),
        ("round_1", "relu", "passed", "basic"),
        (None, "softmax", "load_error", "absent"),
    ]
    wrong = first[0]
    assert (wrong.submission, wrong.category, wrong.kind) == ("mine", "Activation", "correctness")
    assert wrong.failure is not None
    assert wrong.failure.facet == "basic"
    assert wrong.failure.case is not None
    assert wrong.failure.case.startswith("Case(input=Tensor((4, 5)")
    assert len(wrong.kernel_sha256) == len(wrong.task_sha256) == 64
    assert wrong.code["lines"] > 0
    assert wrong.code["functions"] == 1
    assert wrong.started
    assert {"python", "torch", "triton", "hypothesis", "pytest", "pytest-kernelbench"} <= set(wrong.versions)
    project.judge("--kb-results=deep/folder/results.jsonl", "-k", "softmax")
    assert len(path.read_text().splitlines()) == 4


def test_an_interrupted_session_keeps_its_lines_and_leaves_no_process_behind(project: Project) -> None:
    psutil = pytest.importorskip("psutil")
    project.submit({"relu.py": TORCH_RELU, "sigmoid.py": SLOW, "softmax.py": SIGMOID})
    command = [sys.executable, "-m", "pytest", "--kb-submission=mine", *QUICK, "--kb-results=results.jsonl"]
    with open("output", "wb") as output:
        # Tests that were started in the background ignore Ctrl-C, and processes inherit that.
        heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        session = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True, preexec_fn=heed)
    everything = psutil.Process(session.pid)
    try:
        wait_for(lambda: any("300.25" in words_of(process) for process in alive(everything)))
        family = alive(everything)
        assert len(family) >= 3  # the fork server, the runner and what the kernel has started
        os.killpg(session.pid, signal.SIGINT)  # as a terminal does it
        assert session.wait(30) == pytest.ExitCode.INTERRUPTED
        wait_for(lambda: not [process for process in family if process.is_running() and not gone(process)])
    finally:
        session.kill()
        session.wait()
    assert project.statuses() == {"relu": "passed"}
    assert "1 passed" in Path("output").read_text()


def alive(process: object) -> list:
    """Return all processes below one, zombies left out."""
    return [child for child in process.children(recursive=True) if not gone(child)]  # type: ignore[attr-defined]


def words_of(process: object) -> list[str]:
    """Return the command line of a process, which may end at any moment."""
    import psutil

    try:
        return process.cmdline()  # type: ignore[attr-defined, no-any-return]
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def gone(process: object) -> bool:
    import psutil

    try:
        return process.status() == psutil.STATUS_ZOMBIE  # type: ignore[attr-defined]
    except psutil.NoSuchProcess:
        return True


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{condition} did not come true within {seconds} s"
        time.sleep(0.1)


BROKEN_TASK = """
from pytest_kernelbench import Case, Task, Tensor

def reference(input):
    return input.relu()

def properties(arguments, outputs):
    raise LookupError("the task's own mistake")

case = Case(input=Tensor((4,)))
task = Task(reference, lambda draw, given: None, fixed_cases=(case,), compare="properties", properties=properties)
"""


def test_a_judge_that_fails_leaves_a_record(project: Project) -> None:
    project.write({"tasks/activation/broken.py": BROKEN_TASK})
    project.submit({"broken.py": "def broken(input): return input.relu()"})
    project.judge("--kb-tasks=tasks").assert_outcomes(failed=1)
    (line,) = (project.path / "results.jsonl").read_text().splitlines()
    record = Record.from_json(line)
    assert record.status == "error"
    assert record.failure is not None
    assert record.failure.message == "LookupError: the task's own mistake"


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("submissions/mine/relu.py", "is a file of another kind, which would be spoilt"),
        ("folder", "is a folder; expected the name of a file"),
    ],
)
def test_what_is_no_results_file_is_refused_and_left_alone(project: Project, where: str, reason: str) -> None:
    project.submit({"relu.py": TORCH_RELU})
    Path("folder").mkdir()
    assert project.refused("--kb-submission=mine", f"--kb-results={where}") == f"ERROR: --kb-results={where}: {reason}"
    assert Path("submissions/mine/relu.py").read_text() == textwrap.dedent(TORCH_RELU)
