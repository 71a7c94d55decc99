"""--kb-resume: nothing is judged twice and nothing is lost, whatever ended the session before."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import QUICK, SIGMOID, SOFTMAX, TORCH_RELU, WRONG_RELU, Project
from test_option_results import wait_for

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
    again = project.judge("--kb-missing=skip", "-m", "activation or reduce", "--kb-resume", "-p", "no:hypothesispytest")
    assert again.parseoutcomes() == first.parseoutcomes()
    assert again.ret == first.ret
    assert lines() == before
    again.stdout.fnmatch_lines([
        f"kernelbench: *results.jsonl has {len(before)} records",
        "*load_error in load: Activation gelu",
        "*wrong_values in basic: Activation relu",
        "*result[[]*: got *, wanted *",
        f"resumed {len(before)} records of *results.jsonl",
    ])  # fmt: skip
    table = [line for line in first.outlines if line.startswith(("Activation", "Reduce"))]
    assert [line for line in again.outlines if line.startswith(("Activation", "Reduce"))] == table


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_after_everything_was_killed(project: Project, workers: str) -> None:
    project.submit({**KERNELS, "sigmoid.py": ONCE, "sample_1/relu.py": TORCH_RELU})
    command = [sys.executable, "-m", "pytest", workers, "--kb-submission=mine", *QUICK, "--kb-results=results.jsonl"]
    with open("output", "wb") as output:
        session = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        wanted = 4 if workers == "-n2" else 2
        wait_for(lambda: Path("results.jsonl").exists() and len(lines()) >= wanted)
    finally:
        os.killpg(session.pid, signal.SIGKILL)
        session.wait()
    before = lines()
    # The next record was being written.
    with open("results.jsonl", "a", encoding="utf-8") as stream:
        stream.write(before[0][:100])
    project.submit({"sigmoid.py": SIGMOID})
    result = project.judge(workers, "--kb-resume")
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines([
        f"resumed {len(before)} records of *results.jsonl",
        "the last line of *results.jsonl was cut short: it is in *results.jsonl.cut",
    ])  # fmt: skip
    assert Path("results.jsonl.cut").read_text() == before[0][:100] + "\n"
    assert lines()[: len(before)] == before
    keys = [(record["variant"], record["task"]) for record in project.records()]
    assert len(keys) == len(set(keys)) == 5
    again = project.judge(workers, "--kb-resume")
    again.assert_outcomes(passed=3, failed=2)
    assert len(lines()) == 5
    assert "cut short" not in again.stdout.str()


def resumed(project: Project, *options: str) -> int:
    """Return how many records of the file answered; every other kernel was judged and has a new line."""
    before = len(lines())
    text = project.judge("--kb-resume", *options).stdout.str()
    count = int(text.partition("\nresumed ")[2].split()[0])
    assert len(lines()) - before == len(KERNELS) - count
    return count


def test_what_decides_a_verdict_decides_whether_it_is_used(project: Project) -> None:
    project.submit(KERNELS)
    project.judge()
    assert resumed(project, "--kb-facets=basic") == 4
    # A line a change: what is asked for, on how many cases, drawn how, where.
    assert resumed(project, "--kb-facets=basic,dtypes") == 0
    assert resumed(project, "--kb-examples=1") == 0
    assert resumed(project, "--hypothesis-seed=3") == 0
    assert resumed(project, "--kb-device=interpreter") == 0
    # A time limit matters where it was reached, which is nowhere here.
    assert resumed(project, "--kb-timeout=100") == 4
    project.submit({"relu.py": TORCH_RELU})
    assert resumed(project) == 3
    project.submit({"submission.toml": 'language = "torch"\n'})
    assert resumed(project) == 0
    assert resumed(project) == 4


def test_records_that_say_nothing_for_good(project: Project) -> None:
    project.submit(KERNELS)
    project.judge()
    records = project.records()
    foreign = {**records[2], "schema": 2}
    records[0]["status"] = "error"
    records[1].update(status="timeout", settings={**records[1]["settings"], "timeout": 1.0})
    changed = [json.dumps(each) for each in (records[0], records[1], foreign, records[3])] + ["no record"]
    Path("results.jsonl").write_text("\n".join(changed) + "\n")
    result = project.judge("--kb-resume")
    result.stdout.fnmatch_lines([
        "kernelbench: *results.jsonl has 3 records, and 2 lines of another schema, which stay",
        "resumed 1 records of *",
    ])  # fmt: skip
    assert lines()[:5] == changed
    assert len(lines()) == 8


def test_last_failed_of_a_resumed_run(project: Project) -> None:
    project.submit(KERNELS)
    options = ("--kb-submission=mine", *QUICK, "--kb-results=results.jsonl", "--kb-resume")
    project.pytester.runpytest_subprocess(*options).assert_outcomes(passed=2, failed=2)
    project.pytester.runpytest_subprocess(*options).assert_outcomes(passed=2, failed=2)
    result = project.pytester.runpytest_subprocess(*options, "--lf")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["resumed 2 records of *"])


def test_compiled_kernels_are_resumed_too(project: Project) -> None:
    project.submit({"relu.py": TORCH_RELU, "submission.toml": 'language = "torch"\n'})
    options = ("-m", "compile", "--kb-target=sm_80,gfx942")
    first = project.judge(*options)
    assert len(lines()) == 2
    again = project.judge(*options, "--kb-resume")
    assert again.parseoutcomes() == first.parseoutcomes()
    assert len(lines()) == 2


def test_the_results_file_is_needed_and_the_ini_knows_the_option(project: Project) -> None:
    project.submit({"relu.py": TORCH_RELU})
    assert "--kb-resume: needs --kb-results=FILE" in project.refused("--kb-submission=mine", "--kb-resume")
    project.judge()
    project.path.joinpath("tox.ini").write_text("[pytest]\nkb_resume = true\n")
    project.judge().stdout.fnmatch_lines(["resumed 1 records of *"])


def test_a_line_without_its_end_is_whole_if_it_is_json(project: Project) -> None:
    project.submit({"relu.py": TORCH_RELU, "sigmoid.py": SIGMOID})
    project.judge("-k", "relu")
    path = Path("results.jsonl")
    path.write_text(path.read_text().removesuffix("\n"))
    project.judge("--kb-resume").stdout.fnmatch_lines(["resumed 1 records of *"])
    assert project.statuses() == {"relu": "passed", "sigmoid": "passed"}
    assert not Path("results.jsonl.cut").exists()
