"""`pytest-kernelbench check`: single files, as a hook before each commit judges them."""

from __future__ import annotations

import sys

import pytest

from tests.support.project import TORCH_RELU, WRONG_RELU, Project

CLI = "import sys; from pytest_kernelbench.cli.main import main; sys.exit(main(sys.argv[1:]))"

PLAIN = {"submissions/mine/submission.toml": 'language = "torch"', "submissions/mine/helper.py": "raise SystemExit"}


def check(project: Project, *arguments: str) -> pytest.RunResult:
    return project.pytester.run(sys.executable, "-c", CLI, "check", *arguments)


def test_files_are_judged_and_no_others(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--kb-device=cpu --kb-examples=0")
    project.write(PLAIN)
    project.submit({"relu.py": TORCH_RELU, "abs.py": WRONG_RELU.replace("relu", "abs"), "_tools.py": ""})
    result = check(project, "--facets=basic", "submissions/mine/relu.py", "submissions/mine/_tools.py", "README.md")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["Activation * 1/10 *", "1 passed, 1 deselected in *"])

    project.submit({"relu.py": WRONG_RELU})
    result = check(project, "submissions/mine/relu.py")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["wrong_values in basic: Activation relu of *", "1 failed, 1 deselected in *"])


def test_nothing_to_judge_is_no_failure(project: Project) -> None:
    result = check(project, "submissions/mine/_tools.py", "README.md")
    assert (result.ret, result.outlines) == (0, [])


def test_a_file_without_a_task_is_named(project: Project) -> None:
    project.submit({"rellu.py": TORCH_RELU})
    result = check(project, "submissions/mine/rellu.py")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*no task is named 'rellu': did you mean relu*"])
