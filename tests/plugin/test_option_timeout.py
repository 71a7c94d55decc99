"""--kb-timeout: an endless kernel ends, and costs the next one nothing."""

from __future__ import annotations

import pytest

from tests.support.project import SOFTMAX, Project

ENDLESS = "def relu(input, inplace=False):\n    while True: pass\n"


@pytest.mark.slow
def test_an_endless_kernel(project: Project) -> None:
    project.submit({"relu.py": ENDLESS, "softmax.py": SOFTMAX})
    result = project.judge("--kb-timeout=8")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["timeout in basic: Activation relu of mine", "  no* within * s*", "  Case(input=*"])
    assert project.statuses() == {"relu": "timeout", "softmax": "passed"}
    assert project.records()[0]["seconds"] < 30
