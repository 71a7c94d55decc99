"""--kb-submission: what it selects, and what it says of what it cannot take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.project import SIGMOID, TORCH_RELU, Project

LINES = json.dumps({"file": "Activation/relu.py", "predict": TORCH_RELU}) + "\n"
RELU_ID, SIGMOID_ID = "submissions/mine/Activation/relu.py::correctness", "submissions/mine/sigmoid.py::correctness"
ROUND_ID = "submissions/rounds/round_1/relu.py::correctness"
LINES_ID = "submissions/lines/predictions.jsonl::relu::correctness"


@pytest.fixture
def full(project: Project) -> Project:
    """A project with three submissions and a test of its own."""
    project.submit({"Activation/relu.py": TORCH_RELU, "sigmoid.py": SIGMOID, "README.md": ""})
    project.submit({"round_0/relu.py": TORCH_RELU, "round_1/relu.py": TORCH_RELU}, "rounds")
    project.submit({"predictions.jsonl": LINES}, "lines")
    project.write({"test_own.py": "def test_own(): pass"})
    return project


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["--kb-submission=mine"], [RELU_ID, SIGMOID_ID]),
        (["--kb-submission=submissions/mine"], [RELU_ID, SIGMOID_ID]),
        (["--kb-submission=submissions/mine/Activation/relu.py"], [RELU_ID]),
        (["--kb-submission=lines/predictions.jsonl"], [LINES_ID]),
        (["--kb-submission=rounds/round_1"], [ROUND_ID]),
        (["--kb-submission=rounds/round_*", "-k", "round_1"], [ROUND_ID]),
        (["--kb-submission=[lm]*"], [LINES_ID, RELU_ID, SIGMOID_ID]),
        (["--kb-submission=mine", "--kb-submission=lines"], [RELU_ID, SIGMOID_ID, LINES_ID]),
        (["--kb-submission=mine", "submissions/mine/sigmoid.py"], [SIGMOID_ID]),
        (["--kb-submission=mine", RELU_ID], [RELU_ID]),
        (["--kb-submission=mine", "test_own.py", "submissions/mine"], ["test_own.py::test_own", RELU_ID, SIGMOID_ID]),
        ([], ["test_own.py::test_own"]),
    ],
)
def test_what_is_selected(full: Project, options: list[str], wanted: list[str]) -> None:
    assert full.collect(*options) == wanted


def test_a_submission_outside_of_the_root_keeps_its_node_ids(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("elsewhere") / "mine" / "round_2"
    folder.mkdir(parents=True)
    (folder / "relu.py").write_text(TORCH_RELU)
    wanted = ["mine/round_2/relu.py::correctness"]
    assert project.collect(f"--kb-submission={folder.parent}") == wanted
    options = (f"--rootdir={project.path}", f"--kb-submission={folder.parent}")
    assert project.collect(*options, f"{folder / 'relu.py'}::correctness") == wanted


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("mime", "no submission 'mime' in *submissions, and no such file or folder: did you mean mine? (one of 6)"),
        ("empty", "*empty: no kernels; expected .py files or JSON lines (.jsonl)"),
        ("submissions", "*submissions: holds submissions, but is not one: choose from: *mine*"),
        ("test_own.txt", "*test_own.txt: a submission is a folder, a .py file or a file of JSON lines (.jsonl)"),
    ],
)
def test_what_cannot_be_selected(full: Project, spec: str, message: str) -> None:
    full.write({"submissions/empty/README.md": "", "test_own.txt": ""})
    result = full.run(f"--kb-submission={spec}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message.replace('[', '[[]')}"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("method = ", "submission.toml: not TOML: "),
        ('languages = "torch"', "submission.toml: unknown key 'languages': did you mean language? (one of 10)"),
        ('language = "rust"', "submission.toml: language = 'rust': choose from: cuda, torch, triton"),
    ],
)
def test_bad_metadata(full: Project, text: str, message: str) -> None:
    full.submit({"submission.toml": text})
    assert message in full.refused("--kb-submission=mine")


def test_bad_kernels_are_collection_errors_that_name_them_and_cost_the_others_nothing(full: Project) -> None:
    full.submit({"relus.py": TORCH_RELU, "z/relu.py": TORCH_RELU, "bad.jsonl": "{oops\n", "empty.jsonl": "\n"})
    result = full.run("--kb-submission=mine", "--collect-only", "--continue-on-collection-errors")
    text = result.stdout.str()
    assert "relus.py: no task is named 'relus': did you mean relu" in text
    assert "a file that is not a kernel must be imported by one, or have a name that starts with '_'" in text
    assert "z/relu.py: both are kernels for relu; keep one, or put them into sample_0/ and sample_1/" in text
    assert "bad.jsonl:1: not JSON: " in text
    assert "empty.jsonl: no lines; expected " in text
    assert "2 tests collected, 4 errors" in text
    assert "Traceback" not in text


def test_a_conftest_inside_a_submission_is_never_executed(full: Project) -> None:
    full.submit(
        {
            "conftest.py": "__import__('pathlib').Path('executed').touch()",
            "Activation/conftest.py": "__import__('pathlib').Path('executed').touch()",
        }
    )
    options = ("--kb-submission=mine", "--collect-only", "-q", "--continue-on-collection-errors")
    full.run(*options)
    assert not Path("executed").exists()
    full.run(*options, RELU_ID)
    assert not Path("executed").exists()
