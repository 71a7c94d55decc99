"""--kb-case: the line that a failure prints shows the failure again."""

from __future__ import annotations

import shlex

import pytest

from tests.support.project import Project

ODD_ROWS = """
import torch
def softmax(input, dim, dtype=None):
    result = input.softmax(dim, dtype=dtype)
    return result if input.shape[-1] % 2 == 0 else result * 1.5
"""


@pytest.mark.parametrize("inside", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_the_printed_line_replays_the_case(
    project: Project, tmp_path_factory: pytest.TempPathFactory, inside: bool
) -> None:
    project.submit({"it's mine/softmax.py": ODD_ROWS})
    spec = "mine"
    if not inside:
        spec = str(tmp_path_factory.mktemp("elsewhere") / "mine")
        (project.path / "submissions" / "mine").rename(spec)
    first = project.judge("--kb-facets=basic,sizes", submission=spec)
    first.assert_outcomes(failed=1)
    text = first.stdout.str()
    (line,) = {line.strip() for line in text.splitlines() if line.strip().startswith("pytest --kb-submission")}
    command, *arguments = shlex.split(line)
    assert command == "pytest"
    again = project.run(*arguments, "--kb-device=cpu", "--kb-results=again.jsonl")
    again.assert_outcomes(failed=1)

    def block(shown: str) -> str:
        # The first line names the submission, which is the file where the replay selects that.
        found = shown[shown.index("wrong_values in sizes: Math softmax of ") : shown.index("--kb-case")]
        return found.partition("\n")[2]

    assert block(again.stdout.str()) == block(text)


def test_an_argument_that_the_task_does_not_have(project: Project) -> None:
    project.submit({"softmax.py": ODD_ROWS})
    result = project.judge("--kb-case=Case(input=Tensor((3, 3)), dims=1)")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["--kb-case: softmax has no argument 'dims': did you mean dim* it has input, dim, dtype"], consecutive=False
    )
    assert "Traceback" not in result.stdout.str()


def test_text_that_is_no_case(project: Project) -> None:
    project.submit({"softmax.py": ODD_ROWS})
    for source in ("Tensor((3,))", "Case(input=open('x'))", "Case(", "__import__('os').system('true')"):
        assert project.refused("--kb-submission=mine", f"--kb-case={source}").startswith(
            f"ERROR: --kb-case: not a case: {source!r}"
        )
