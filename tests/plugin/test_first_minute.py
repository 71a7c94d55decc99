"""What a new user meets first: paths without options, odd lines, samples, facets that were not asked, replays."""

from __future__ import annotations

import json

import pytest

from tests.support.project import SIGMOID, TORCH_RELU, WRONG_RELU, Project


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("kernels/relu.py", "kernelbench: relu.py is a kernel: to judge, type  pytest --kb-submission=kernels/relu.py"),
        (
            "kernels",
            "kernelbench: kernels has kernels, such as relu.py: to judge, *pytest --kb-submission=kernels",
        ),
    ],
)
def test_a_path_to_kernels_says_what_to_type(project: Project, argument: str, said: str) -> None:
    project.write({"kernels/relu.py": f"import torch\n{TORCH_RELU}"})
    result = project.run(argument)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines([said])


def test_a_path_to_anything_else_says_nothing(project: Project) -> None:
    project.write({"notes/plain.py": "import torch\n", "notes/relu.txt": "torch"})
    assert "to judge" not in project.run("notes").stdout.str()


@pytest.mark.slow
def test_several_kernels_for_a_task_are_samples_and_odd_lines_fail_alone(project: Project) -> None:
    rows = [("relu.py", TORCH_RELU), ("relu.py", WRONG_RELU), ("sigmoid.py", SIGMOID), ("rellu.py", TORCH_RELU)]
    lines = [json.dumps({"file": file, "predict": code}) for file, code in rows]
    project.submit({"predictions.jsonl": "\n".join([*lines, "{"]) + "\n", "submission.toml": 'language = "torch"\n'})
    result = project.judge("-rA", "-m", "not speed")
    result.assert_outcomes(passed=2, failed=3)
    result.stdout.fnmatch_lines(
        [
            "PASSED submissions/mine/predictions.jsonl::sample_0:relu::correctness",
            "PASSED submissions/mine/predictions.jsonl::sample_0:sigmoid::correctness",
            "FAILED submissions/mine/predictions.jsonl::sample_1:relu::correctness - *",
            "FAILED submissions/mine/predictions.jsonl::line_4 - *",
            "FAILED submissions/mine/predictions.jsonl::line_5 - *",
        ]
    )
    result.stdout.fnmatch_lines(
        ["*predictions.jsonl:4: no task is named 'rellu': *", "*predictions.jsonl:5: not JSON: *"]
    )
    records = map(json.loads, (project.path / "results.jsonl").read_text().splitlines())
    assert {(each["task"], each["variant"], each["status"]) for each in records} == {
        ("relu", "sample_0", "passed"),
        ("relu", "sample_1", "wrong_values"),
        ("sigmoid", "sample_0", "passed"),
    }


@pytest.mark.slow
def test_facets_that_were_not_asked_have_a_dash(project: Project) -> None:
    project.submit({"relu.py": TORCH_RELU, "submission.toml": 'language = "torch"\n'})
    project.judge("-m", "correctness").stdout.re_match_lines([r"Activation +1 +1/10 +1 +1 +1 +- +- +- +- +- +- +1$"])


def test_a_replay_has_the_options_that_its_verdict_needs(project: Project) -> None:
    task = """
    from pytest_kernelbench.authoring import Case, Task, Tensor
    from pytest_kernelbench.authoring.strategies import shapes, tensors

    def reference(input):
        return input * 3

    def cases(draw, given):
        return Case(input=draw(tensors(given, draw(shapes(given, 1, 2)))))

    task = Task(reference, cases, fixed_cases=(Case(input=Tensor((4, 5))),))
    """
    project.write({"kb_tasks/math/triple.py": task})
    project.submit({"triple.py": "def triple(input):\n    return input * 2\n"})
    result = project.judge("--kb-tasks=kb_tasks", "--kb-allow=libraries", "-m", "correctness")
    replay = next(line.strip() for line in result.outlines if line.strip().startswith("pytest --kb-submission"))
    assert {"--kb-tasks=kb_tasks", "--kb-device=cpu", "--kb-allow=libraries"} <= set(replay.split())
