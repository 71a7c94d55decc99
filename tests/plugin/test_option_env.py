"""--kb-env, kb_env and the table [environment]: variables that kernels need, which decide verdicts."""

from __future__ import annotations

import pytest

from tests.support.project import Project

NEEDS_A_VARIABLE = """
import os

SCALE = {"half": 0.5, "whole": 1.0}[os.environ["MYLIB_SCALE"]]

def relu(input, inplace=False):
    assert "SECRET_TOKEN" not in os.environ
    assert os.environ.get("MYLIB_TEXT", "a=b") == "a=b"
    return input.clamp(min=0) * SCALE
"""

QUICK = ("-m", "correctness")


@pytest.fixture
def needy(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a kernel that reads a variable, which the environment of pytest has in vain."""
    project.submit({"relu.py": NEEDS_A_VARIABLE, "submission.toml": 'language = "torch"\n'})
    monkeypatch.setenv("MYLIB_SCALE", "whole")
    monkeypatch.setenv("SECRET_TOKEN", "x")
    return project


def test_only_variables_that_are_given_reach_the_kernel(needy: Project) -> None:
    assert needy.judge(*QUICK).ret == 1
    assert needy.judge("--kb-env=MYLIB_SCALE=whole", "--kb-env=MYLIB_TEXT=a=b", *QUICK).ret == 0


@pytest.mark.slow
def test_the_table_of_a_submission_and_what_wins_over_it(needy: Project) -> None:
    needy.submit({"submission.toml": 'language = "torch"\n[environment]\nMYLIB_SCALE = "whole"\n'})
    assert needy.judge(*QUICK).ret == 0
    assert needy.judge("--kb-env=MYLIB_SCALE=half", *QUICK).ret == 1


def test_ini_values(needy: Project) -> None:
    needy.path.joinpath("tox.ini").write_text("[pytest]\nkb_env = MYLIB_TEXT=a=b MYLIB_SCALE=whole\n")
    assert needy.judge(*QUICK).ret == 0


@pytest.mark.slow
def test_a_variable_is_in_the_record_in_what_resumes_and_in_the_replay(needy: Project) -> None:
    file = ("--kb-results=results.jsonl", *QUICK)
    result = needy.judge("--kb-env=MYLIB_SCALE=half", *file)
    result.stdout.fnmatch_lines(["*--kb-env=MYLIB_SCALE=half*--kb-case=*"])
    assert needy.judge("--kb-env=MYLIB_SCALE=whole", "--kb-resume", *file).ret == 0
    first, second = needy.records()
    assert first["settings"]["environment"] == {"MYLIB_SCALE": "half"}
    assert second["settings"]["environment"] == {"MYLIB_SCALE": "whole"}


def test_what_is_refused_says_the_legal_form(needy: Project) -> None:
    said = needy.refused("--kb-env=LD_PRELOAD=x.so")
    assert "LD_PRELOAD cannot be set" in said
    assert "GEMS_VENDOR" in said


def test_a_bad_table_fails_before_anything_runs(needy: Project) -> None:
    needy.submit({"submission.toml": '[environment]\nPYTHON_PATH = "/x"\n'})
    said = needy.judge(*QUICK)
    assert said.ret != 0
    assert "environment: PYTHON_PATH cannot be set" in said.stdout.str() + said.stderr.str()
