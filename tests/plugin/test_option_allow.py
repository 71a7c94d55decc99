"""--kb-allow: what the audit rejects, for those who mean it."""

from __future__ import annotations

import pytest

from tests.support.project import TORCH_RELU, Project

CLOCK = f"import time\ntime.perf_counter = lambda: 0.0\n{TORCH_RELU}"


@pytest.mark.slow
def test_a_rule_that_is_allowed_does_not_reject(project: Project) -> None:
    project.submit({"relu.py": CLOCK})
    result = project.judge("--kb-facets=basic")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "rejected: Activation relu of *: functions that a timer uses are replaced*(it replaces time.perf_counter)*",
            "observed:",
            "  replaces time.perf_counter",
            "1 rejected (audit): relu",
        ]
    )
    (record,) = project.records()
    assert (record["status"], record["observations"]) == ("rejected", ["replaces time.perf_counter"])
    assert record["failure"]["message"].endswith("--kb-allow=clocks allows that")

    result = project.judge("--kb-facets=basic", "--kb-allow=clocks,libraries")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["relu: replaces time.perf_counter"])
    assert project.records()[-1]["status"] == "passed"


def test_a_name_that_is_no_rule(project: Project) -> None:
    project.submit({"relu.py": TORCH_RELU})
    assert project.refused("--kb-submission=mine", "--kb-allow=clock") == (
        "ERROR: --kb-allow=clock: did you mean clocks? (one of 6)"
    )
    legal = "clocks, cpp_extension, fallback, launches, libraries, torch_compile"
    assert legal in project.refused("--kb-submission=mine", "--kb-allow=clocks,everything")
