"""--kb-missing and --kb-tasks: tasks without a kernel, and tasks of the user's own."""

from __future__ import annotations

from conftest import Project

DOUBLE = '''
"""Twice the input."""
from pytest_kernelbench import Case, Task, Tensor

def reference(input):
    return input + input

def cases(draw, given):
    return Case(input=Tensor((3,)))

task = Task(reference, cases, spine=(Case(input=Tensor((3,))),))
'''
FILES = {f"own/math/{name}.py": DOUBLE for name in ("double", "twice", "again")}


def test_what_is_said_of_tasks_without_a_kernel(project: Project) -> None:
    project.write(FILES)
    project.submit({"double.py": "def double(x): return 2 * x", "round_1/twice.py": "def twice(x): return x * 2"})
    shown = ["submissions/mine/double.py::correctness", "submissions/mine/round_1/twice.py::correctness"]
    missing = [f"submissions/mine::missing[{name}]" for name in ("again", "twice", "round_1:again", "round_1:double")]
    assert project.collect("--kb-submission=mine", "--kb-tasks=own") == shown
    assert project.collect("--kb-submission=mine", "--kb-tasks=own", "--kb-missing=skip") == shown + missing

    result = project.judge("--kb-tasks=own", "--kb-missing=skip", "-rs")
    result.assert_outcomes(passed=2, skipped=4)
    result.stdout.fnmatch_lines(["kernelbench: mine on cpu, 3 tasks", "SKIPPED*no kernel for again in mine"])
    assert [record["status"] for record in project.records()] == ["passed"] * 2 + ["missing"] * 4

    result = project.run("--kb-submission=mine", "--kb-tasks=own", "--kb-missing=fail", "-k", "missing")
    result.assert_outcomes(failed=4, deselected=2)
    result.stdout.fnmatch_lines(
        ["no kernel for again in mine", "4 missing: again, round_1/again, round_1/double, twice"]
    )


def test_a_bad_folder_of_tasks(project: Project) -> None:
    project.write({"maths/mathss/double.py": DOUBLE})
    project.submit({"relu.py": ""})
    assert "nowhere: no such folder of tasks; it holds <category>/<task>.py" in project.refused(
        "--kb-submission=mine", "--kb-tasks=nowhere"
    )
    assert "'mathss' is no category: did you mean math" in project.refused("--kb-submission=mine", "--kb-tasks=maths")
