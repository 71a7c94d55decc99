"""Under pytest-xdist: the same verdicts, the whole summary, and no kernel lost with a worker."""

from __future__ import annotations

import pytest

from tests.support.project import SIGMOID, SOFTMAX, TORCH_RELU, WRONG_RELU, Project

KILL = """
import os

def pytest_runtest_call(item):
    if "gelu" in item.nodeid and "PYTEST_XDIST_WORKER" in os.environ:
        os._exit(3)
"""


def summary(text: str) -> list[str]:
    """Return the lines of the tables and of what follows them."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if "= kernelbench: mine =" in line)
    end = next(number for number in range(start, len(lines)) if "short test summary info" in lines[number])
    return lines[start:end]


@pytest.mark.slow
def test_verdicts_and_summary_are_those_of_one_process(project: Project) -> None:
    project.submit({"relu.py": WRONG_RELU, "sigmoid.py": SIGMOID, "softmax.py": SOFTMAX, "round_1/relu.py": TORCH_RELU})
    alone = project.judge("--kb-results=alone.jsonl", "-n0")
    together = project.judge("-n2")
    for result in (alone, together):
        result.assert_outcomes(passed=3, failed=1)
    assert summary(together.stdout.str()) == summary(alone.stdout.str())
    kept = ("variant", "task", "status", "stage", "facets", "failure", "kernel_sha256")
    told = [{name: record[name] for name in kept} for record in project.records()]
    project.path.joinpath("alone.jsonl").replace("results.jsonl")
    wanted = [{name: record[name] for name in kept} for record in project.records()]
    assert sorted(told, key=repr) == sorted(wanted, key=repr)


@pytest.mark.slow
def test_a_worker_that_dies_loses_nothing(project: Project) -> None:
    project.write({"conftest.py": KILL})
    project.submit({"gelu.py": TORCH_RELU, "relu.py": TORCH_RELU, "sigmoid.py": SIGMOID, "softmax.py": SOFTMAX})
    result = project.judge("-n2")
    result.assert_outcomes(passed=3, failed=1)
    assert project.statuses() == {"gelu": "error", "relu": "passed", "sigmoid": "passed", "softmax": "passed"}
    (lost,) = [record for record in project.records() if record["task"] == "gelu"]
    assert "the judge's worker died" in lost["failure"]["message"]
    result.stdout.fnmatch_lines(["1 error (load): gelu"])
