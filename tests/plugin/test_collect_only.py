"""Collection is cheap: it loads neither torch nor Triton nor Hypothesis, and no kernel."""

from __future__ import annotations

from tests.support.project import Project

TELL = """
import sys

def pytest_report_collectionfinish():  # Hypothesis' own plugin loads it afterwards, for the terminal summary
    return f"loaded: {sorted({'torch', 'triton', 'numpy', 'hypothesis'} & set(sys.modules))}"
"""


def test_nothing_heavy_is_loaded(project: Project) -> None:
    project.write({"conftest.py": TELL})
    project.submit({"relu.py": "raise SystemExit", "predictions.jsonl": '{"file": "gelu.py", "predict": "1 / 0"}'})
    project.submit({"submission.toml": 'method = "x"', "round_0/softmax.py": "import torch"}, "other")
    result = project.run("--kb-submission=*", "--collect-only", "--kb-missing=fail", "--kb-device=interpreter")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["loaded: [[][]]", "*<KernelLine gelu>*"])
