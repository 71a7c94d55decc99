"""Items of speed: where they are collected, how they are selected, and what they say where nothing can be timed."""

from __future__ import annotations

import pytest

from tests.support.project import RELU, Project

TASK = """
from pytest_kernelbench import Case, Tensor
from pytest_kernelbench.authoring.strategies import elementwise

def reference(input, inplace=False):
    return 1 / (1 + (-input).exp())

task = elementwise(reference, workloads={"small": Case(input=Tensor((256, 512))),
                                         "huge": Case(input=Tensor((4096, 16384)))})
"""

QUICKER = """
def relu(input, inplace=False):
    return input.sigmoid()
"""

WRONG = """
def relu(input, inplace=False):
    return input.sigmoid() + 1e-3
"""

WRONG_WHERE_LARGE = """
def relu(input, inplace=False):
    return input.sigmoid() * (1.001 if input.numel() > 100_000 else 1)
"""

SPEED = ["submissions/mine/relu.py::speed[small]", "submissions/mine/relu.py::speed[huge]"]
CORRECTNESS = ["submissions/mine/relu.py::correctness"]


@pytest.fixture
def timed(project: Project) -> Project:
    """A project with a task of its own that is timed in a moment, and a submission in torch."""
    project.write({"tasks/activation/relu.py": TASK})
    project.submit({"relu.py": QUICKER, "submission.toml": 'language = "torch"'})
    return project


ON_CPU = ("--kb-device=cpu", "--kb-tasks=tasks", "--kb-submission=mine")


def test_items_are_selected_as_pytest_selects(timed: Project) -> None:
    assert timed.collect(*ON_CPU) == CORRECTNESS + SPEED
    assert timed.collect(*ON_CPU, "-m", "not speed") == CORRECTNESS
    assert timed.collect(*ON_CPU, SPEED[0]) == SPEED[:1]
    assert timed.collect(*ON_CPU, "--kb-case=Case(input=Tensor((2,)))") == CORRECTNESS


def test_the_interpreter_times_nothing(project: Project) -> None:
    project.submit({"relu.py": RELU})
    mine = ("--kb-submission=mine", "--kb-device=interpreter")
    assert project.collect(*mine) == CORRECTNESS
    result = project.run(*mine, "-m", "speed", "-rs", "--kb-results=results.jsonl")
    result.assert_outcomes(skipped=len(project.records()), deselected=1)
    result.stdout.fnmatch_lines(["*the interpreter's time is never reported as a speed*"])
    assert {record["status"] for record in project.records()} == {"unsupported"}


def test_a_processor_times_kernels_in_torch_alone(project: Project) -> None:
    project.submit({"relu.py": RELU})
    assert project.collect("--kb-submission=mine", "--kb-device=cpu") == CORRECTNESS
    result = project.judge("-m", "speed", "-rs")
    result.stdout.fnmatch_lines(["*a kernel in triton is timed on a GPU; on a processor, one in torch*"])


@pytest.mark.slow
def test_a_quicker_kernel_has_a_record_and_a_row(timed: Project) -> None:
    result = timed.judge(*ON_CPU, "-m", "speed", "-rs")
    result.assert_outcomes(passed=2, deselected=1)
    result.stdout.fnmatch_lines(
        [
            "kernelbench: speed: 2 workloads of 1 kernel, one after the other on a device: about 24 s, *",
            "task  workload       verdict  ratio  99 % interval*kernel*baseline",
            "relu  small          faster *",
            "relu  huge (scaled)  *",
            "speed: * (of 2 timed)",
        ]
    )
    small = next(record for record in timed.records() if record["workload"] == "small")
    assert (small["kind"], small["baseline"], small["facets"]) == ("speed", "eager", {"basic": "passed"})
    assert small["interval"][0] > 1.02
    assert small["timing"]["threads"] == 1
    assert small["timing"]["inputs"] >= 2
    assert [record["timing"].get("scaled") for record in timed.records()] == [None, "Case(input=Tensor((2048, 4096)))"]


def test_a_kernel_that_is_wrong_is_not_timed(timed: Project) -> None:
    timed.submit({"relu.py": WRONG})
    result = timed.judge(*ON_CPU, "-k", "small or correctness")
    result.assert_outcomes(failed=2, deselected=1)
    result.stdout.fnmatch_lines(["wrong_values in basic: Activation relu of mine on small"])
    assert timed.records()[1]["verdict"] is None


@pytest.mark.slow
def test_a_kernel_must_be_right_on_the_workload(timed: Project) -> None:
    timed.submit({"relu.py": WRONG_WHERE_LARGE})
    result = timed.judge(*ON_CPU, "-k", "small")
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(
        [
            "wrong_values in workload: Activation relu of mine on small",
            "  Case(input=Tensor((256, 512)))",
            "  pytest --kb-submission=mine 'submissions/mine/relu.py::speed[[]small]' --kb-tasks=tasks --kb-device=cpu",
        ]
    )


@pytest.mark.slow
def test_a_dead_kernel_costs_one_record(timed: Project) -> None:
    timed.submit({"relu.py": QUICKER.replace("return", "import os; input.numel() > 100_000 and os._exit(3); return")})
    result = timed.judge(*ON_CPU, "-k", "small or correctness")
    result.assert_outcomes(passed=1, failed=1, deselected=1)
    assert [record["status"] for record in timed.records()] == ["passed", "crash"]


def test_baselines_that_are_not_known(timed: Project) -> None:
    said = timed.refused(*ON_CPU, "--kb-baseline=eager,compiled")
    assert said == "ERROR: --kb-baseline=eager,compiled: did you mean compile? (one of 2)"
    said = timed.refused(*ON_CPU, "--kb-baseline=compile")
    assert said == (
        "ERROR: --kb-baseline=compile: expected eager among the baselines: the reference is written in eager PyTorch"
    )


@pytest.mark.slow
def test_a_compiled_baseline_is_timed_in_the_same_blocks(timed: Project) -> None:
    timed.judge(*ON_CPU, "-k", "small", "--kb-baseline=eager,compile", timeout=300).assert_outcomes(
        passed=1, deselected=2
    )
    (record,) = timed.records()
    compiled = record["others"]["compile"]
    assert compiled["interval"][0] <= compiled["ratio"] <= compiled["interval"][1]
    assert record["timing"]["order"] == "ABCCBA"
    assert len(record["samples"]["compile"]) == len(record["samples"]["baseline"])


@pytest.mark.slow
def test_without_a_compiler_there_is_no_compiled_baseline(timed: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    timed.judge(*ON_CPU, "-k", "small", "--kb-baseline=eager,compile", timeout=300).assert_outcomes(
        passed=1, deselected=2
    )
    (record,) = timed.records()
    assert record["others"]["compile"]["note"].startswith("no compile baseline: ")
    assert record["verdict"] == "faster"


def test_speed_is_a_registered_marker(project: Project) -> None:
    result = project.run("--markers", "--strict-markers")
    result.stdout.fnmatch_lines(["@pytest.mark.speed: whether a kernel is faster than eager PyTorch on a workload"])
