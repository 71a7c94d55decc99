"""Markers: one for each category, and the kind of item; all of them registered."""

from __future__ import annotations

import pytest

from pytest_kernelbench.model.catalogue import CATEGORIES, snake_case
from tests.support.project import Project


def test_markers_select_categories(project: Project) -> None:
    project.submit(
        {"relu.py": "", "fused_add_gelu.py": "", "matmul.py": "", "std.jsonl": '{"file": "std", "predict": "1"}'}
    )
    ids = {name: f"submissions/mine/{name}.py::correctness" for name in ("relu", "fused_add_gelu", "matmul")}
    strict = ("--kb-submission=mine", "--strict-markers", "--strict-config")
    assert project.collect(*strict, "-m", "fusion") == [ids["fused_add_gelu"]]
    assert project.collect(*strict, "-m", "correctness and (matrix_multiply or activation)") == [
        ids["matmul"],
        ids["relu"],
    ]
    assert project.collect(*strict, "-m", "reduce") == ["submissions/mine/std.jsonl::std::correctness"]


def test_every_category_is_registered(project: Project) -> None:
    result = project.run("--markers", "--strict-markers")
    for category in CATEGORIES:
        result.stdout.fnmatch_lines(
            [f"@pytest.mark.{snake_case(category)}: kernels for tasks of the category {category}"]
        )
    result.stdout.fnmatch_lines(["@pytest.mark.correctness: whether a kernel is right"])


def test_markers_are_registered_where_no_submission_is_given(project: Project) -> None:
    project.write({"test_own.py": "import pytest\n@pytest.mark.fusion\ndef test_own(): pass"})
    result = project.run("--strict-markers")
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=1)
