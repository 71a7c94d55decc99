"""--kb-missing and --kb-tasks: tasks without a kernel, and tasks of the user's own."""

from __future__ import annotations

import pytest

from pytest_kernelbench.model.catalogue import Catalogue
from tests.support.project import Project

DOUBLE = '''
"""Twice the input."""
from pytest_kernelbench import Case, Task, Tensor

def reference(input):
    return input + input

def cases(draw, given):
    return Case(input=Tensor((3,)))

task = Task(reference, cases, fixed_cases=(Case(input=Tensor((3,))),))
'''
FILES = {f"own/math/{name}.py": DOUBLE for name in ("double", "twice", "again")}


@pytest.mark.slow
def test_what_is_said_of_tasks_without_a_kernel(project: Project) -> None:
    project.write(FILES)
    project.submit({"double.py": "def double(x): return 2 * x", "round_1/twice.py": "def twice(x): return x * 2"})
    shown = ["submissions/mine/double.py::correctness", "submissions/mine/round_1/twice.py::correctness"]
    names = [*Catalogue.find().names(), "again", "double", "twice"]
    missing = [f"submissions/mine::missing[{name}]" for name in sorted(names) if name != "double"]
    missing += [f"submissions/mine::missing[round_1:{name}]" for name in sorted(names) if name != "twice"]
    assert project.collect("--kb-submission=mine", "--kb-tasks=own") == shown
    assert project.collect("--kb-submission=mine", "--kb-tasks=own", "--kb-missing=skip") == shown + missing

    result = project.judge("--kb-tasks=own", "--kb-missing=skip", "-rs", "-k", "again or double or twice")
    result.assert_outcomes(passed=2, skipped=4, deselected=len(missing) - 4)
    count = len(names)
    result.stdout.fnmatch_lines(
        [f"kernelbench: mine on cpu, {count} tasks, 3 of them yours", "SKIPPED*no kernel for again in mine"]
    )
    assert [record["status"] for record in project.records()] == ["passed"] * 2 + ["missing"] * 4
    result.stdout.fnmatch_lines(["category*", "Math*2/39*"])

    result = project.run("--kb-submission=mine", "--kb-tasks=own", "--kb-missing=fail", "-k", "missing and again")
    result.assert_outcomes(failed=2, deselected=len(missing))
    result.stdout.fnmatch_lines(["no kernel for again in mine", "2 missing: again, round_1/again"])


def test_a_task_of_the_users_takes_the_place_of_one_of_the_same_name(project: Project) -> None:
    project.write({"own/math/relu.py": DOUBLE})
    project.submit({"relu.py": "def relu(x): return 2 * x"})
    result = project.judge("--kb-tasks=own")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["kernelbench: mine on cpu, *1 of them yours (replacing relu)"])


def test_a_bad_folder_of_tasks(project: Project) -> None:
    project.write({"maths/mathss/double.py": DOUBLE})
    project.submit({"relu.py": ""})
    assert "nowhere: no such folder; a folder of tasks holds <category>/<task>.py" in project.refused(
        "--kb-submission=mine", "--kb-tasks=nowhere"
    )
    assert "'mathss' is not a category: did you mean math" in project.refused(
        "--kb-submission=mine", "--kb-tasks=maths"
    )
