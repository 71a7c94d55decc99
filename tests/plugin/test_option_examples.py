"""--kb-examples and --kb-facets: how much is tried."""

from __future__ import annotations

import pytest

from tests.support.project import SIGMOID, TORCH_RELU, Project


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--kb-examples=-1", "--kb-examples=-1: expected a whole number of at least 0"),
        ("--kb-facets=basic,size", "--kb-facets=basic,size: did you mean sizes? (one of 8)"),
        (
            "--kb-facets=,",
            "--kb-facets=,: choose from: basic, contract, dtypes, engine, gradients, layouts, sizes, values",
        ),
        ("--kb-timeout=0", "--kb-timeout=0: expected a number of seconds above 0"),
        ("--kb-missing=show", "--kb-missing=show: choose from: fail, hide, skip"),
    ],
)
def test_a_wrong_value_is_refused(project: Project, option: str, message: str) -> None:
    project.submit({"relu.py": TORCH_RELU})
    assert project.refused("--kb-submission=mine", option) == f"ERROR: {message}"


@pytest.mark.slow
def test_facets_are_tried_in_their_order_and_examples_come_on_top(project: Project) -> None:
    project.submit({"relu.py": TORCH_RELU, "sigmoid.py": SIGMOID})
    project.judge("--kb-facets=dtypes,basic", "--kb-examples=0").assert_outcomes(passed=2)
    project.judge("--kb-facets=dtypes,basic", "--kb-examples=60", "-k", "relu").assert_outcomes(passed=1)
    few, sigmoid, many = project.records()
    assert list(few["facets"]) == list(sigmoid["facets"]) == ["basic", "dtypes"]
    assert (few["task"], few["status"], few["stage"]) == ("relu", "passed", "basic")
    # Of 60 examples the facet dtypes has 10; a few of those may be drawn twice.
    assert few["examples"] + 5 <= many["examples"] <= few["examples"] + 10
