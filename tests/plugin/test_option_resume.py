"""--kb-resume: nothing is judged twice and nothing is lost, whatever ended the session before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin.test_option_results import wait_for
from tests.support.project import QUICK, SIGMOID, SOFTMAX, TORCH_RELU, WRONG_RELU, Project
from tests.support.records import schema_1

ONCE = """
import os
def sigmoid(input, out=None):
    import time
    time.sleep(300)
"""

NO_TORCH = """
import sys
def pytest_unconfigure(config):
    assert "torch" not in sys.modules
    assert "hypothesis.strategies" not in sys.modules
"""

KERNELS = {"relu.py": WRONG_RELU, "sigmoid.py": SIGMOID, "softmax.py": SOFTMAX, "gelu.py": "1 / 0"}


def lines() -> list[str]:
    return Path("results.jsonl").read_text(encoding="utf-8").splitlines()


def test_all_is_reported_again_and_nothing_is_judged(project: Project) -> None:
    project.submit(KERNELS)
    first = project.judge("--kb-missing=skip", "-m", "activation or reduce", "--kb-examples=0")
    before = lines()
    project.write({"conftest.py": NO_TORCH})
    again = project.judge(
        "--kb-missing=skip", "-m", "activation or reduce", "--kb-resume", "-p", "no:hypothesispytest", warm=False
    )
    assert again.parseoutcomes() == first.parseoutcomes()
    assert again.ret == first.ret
    assert lines() == before
    again.stdout.fnmatch_lines([
        f"kernelbench: *results.jsonl has {len(before)} records",
        "*load_error in load: Activation gelu of mine",
        "*wrong_values in basic: Activation relu of mine",
        "*result[[]*: got *, wanted *",
        f"resumed {len(before)} records of *results.jsonl",
    ])  # fmt: skip
    table = [line for line in first.outlines if line.startswith(("Activation", "Reduce"))]
    assert [line for line in again.outlines if line.startswith(("Activation", "Reduce"))] == table
    options = ("--kb-submission=mine", *QUICK, "--kb-results=results.jsonl", "--kb-resume")
    for selection in ("-k relu or sigmoid", "--lf"):
        last = project.pytester.runpytest_subprocess(*options, selection)
    last.assert_outcomes(failed=1)
    last.stdout.fnmatch_lines(["resumed 1 records of *"])


@pytest.mark.slow
def test_after_everything_was_killed(project: Project) -> None:
    project.submit({**KERNELS, "sigmoid.py": ONCE, "sample_1/relu.py": TORCH_RELU})
    command = [sys.executable, "-m", "pytest", "-n2", "--kb-submission=mine", *QUICK, "--kb-results=results.jsonl"]
    with open("output", "wb") as output:
        session = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        # One more may have to wait for the kernel that sleeps.
        wait_for(lambda: Path("results.jsonl").exists() and len(lines()) >= 3, seconds=100)
    finally:
        os.killpg(session.pid, signal.SIGKILL)
        session.wait()
    before = lines()
    # The next record was being written.
    with open("results.jsonl", "a", encoding="utf-8") as stream:
        stream.write(before[0][:100])
    project.submit({"sigmoid.py": SIGMOID})
    result = project.judge("-n2", "--kb-resume")
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines([
        f"resumed {len(before)} records of *results.jsonl",
        "the last line of *results.jsonl was cut short: it is in *results.jsonl.cut",
    ])  # fmt: skip
    assert Path("results.jsonl.cut").read_text() == before[0][:100] + "\n"
    assert lines()[: len(before)] == before
    keys = [(record["variant"], record["task"]) for record in project.records()]
    assert len(keys) == len(set(keys)) == 5


def test_the_results_file_is_needed_and_the_ini_knows_the_option(project: Project) -> None:
    project.submit({"relu.py": TORCH_RELU})
    assert "--kb-resume: needs --kb-results=FILE" in project.refused("--kb-submission=mine", "--kb-resume")
    project.path.joinpath("tox.ini").write_text("[pytest]\nkb_resume = true\nkb_missing = skip\n")
    for count in (0, 9):
        result = project.judge("-m", "activation", "-k", "missing")
        result.assert_outcomes(skipped=9, deselected=167)
        result.stdout.fnmatch_lines([f"resumed {count} records of *"])
    assert len(lines()) == 9


@pytest.mark.slow
def test_records_of_schema_1_answer_and_stay_as_they_are(project: Project) -> None:
    project.submit({"relu.py": WRONG_RELU, "sigmoid.py": SIGMOID})
    first = project.judge("-m", "correctness")
    old = "".join(schema_1(line) for line in lines())
    Path("results.jsonl").write_text(old, encoding="utf-8")
    again = project.judge("-m", "correctness", "--kb-resume")
    assert again.parseoutcomes() == first.parseoutcomes()
    again.stdout.fnmatch_lines(["kernelbench: *results.jsonl has 2 records", "resumed 2 records of *results.jsonl"])
    assert Path("results.jsonl").read_text(encoding="utf-8") == old
    project.submit({"softmax.py": SOFTMAX})
    project.judge("-m", "correctness", "--kb-resume").stdout.fnmatch_lines(["resumed 2 records of *"])
    assert [record["schema"] for record in project.records()] == [1, 1, 2]


@pytest.mark.slow
def test_other_settings_are_another_question(project: Project) -> None:
    project.submit(KERNELS)
    project.judge("-k", "gelu", "-m", "correctness")
    again = ("--kb-resume", "-k", "gelu", "-m", "correctness")
    project.judge(*again).stdout.fnmatch_lines(["resumed 1 records of *"])
    project.submit({"submission.toml": 'language = "torch"\n'})
    project.judge(*again).stdout.fnmatch_lines(["resumed 0 records of *"])
    assert len(lines()) == 2
