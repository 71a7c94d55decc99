"""--kb-report, and annotations where GitHub Actions runs the session."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.project import TORCH_RELU, WRONG_RELU, Project

FORGED = """
def softmax(input, dim, dtype=None):
    print("::error::forged")
    raise ValueError("x\\n::add-mask::passed")
"""


@pytest.mark.slow
def test_the_page_is_of_this_session_or_of_the_results_file(project: Project) -> None:
    project.submit({"relu.py": WRONG_RELU, "round_1/relu.py": TORCH_RELU})
    result = project.run("--kb-submission=mine", "--kb-device=cpu", "--kb-examples=0", "--kb-facets=basic", "-m",
                         "correctness", "--kb-report=deep/page.html")  # fmt: skip
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["kernelbench: report in */deep/page.html"])
    result.stdout.no_fnmatch_line("*::error*")
    first = Path("deep/page.html").read_text()
    assert "mine/round_1" in first
    assert (
        "pytest --kb-submission=mine submissions/mine/relu.py::correctness --kb-device=cpu --kb-facets=basic" in first
    )

    project.judge("--kb-report=page.html", "-k", "round_1")
    project.judge("--kb-report=page.html", "-k", "not round_1")
    both = Path("page.html").read_text()
    assert "from 2 records" in both
    assert list(Path.cwd().glob(".page*")) == []


def test_a_session_that_stops_early_has_its_report(project: Project) -> None:
    project.submit({"relu.py": WRONG_RELU, "softmax.py": "raise KeyboardInterrupt"})
    project.judge("--kb-report=page.html", "-x").assert_outcomes(failed=1)
    assert "from 1 record" in Path("page.html").read_text()


def test_without_records_an_old_page_stays(project: Project) -> None:
    project.submit({"relu.py": TORCH_RELU})
    Path("page.html").write_text("as it was")
    project.judge("--kb-report=page.html", "--collect-only")
    project.judge("--kb-report=page.html", "-k", "nothing_of_that_name")
    assert Path("page.html").read_text() == "as it was"


@pytest.mark.parametrize(
    ("where", "reason"),
    [("folder", "is a folder; expected the name of a file"), ("file/page.html", "cannot be written: *exists"),
     ("file/deep/page.html", "cannot be written: Not a directory"), ("/proc/page.html", "cannot be written: *"),
     ("submissions/mine/relu.py", "is a file of another kind, which would be spoilt")],
)  # fmt: skip
def test_what_cannot_be_written_is_said_before_anything_is_judged(project: Project, where: str, reason: str) -> None:
    project.submit({"relu.py": TORCH_RELU})
    Path("folder").mkdir()
    Path("file").touch()
    said = project.refused("--kb-submission=mine", f"--kb-report={where}")
    assert re.fullmatch(rf"ERROR: --kb-report={re.escape(where)}: {reason.replace('*', '.*')}", said)


@pytest.mark.slow
def test_annotations_on_github(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")  # where pytest prints whole messages once more, in its short summary
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.path))
    project.submit({"relu.py": TORCH_RELU, "abs.py": "import torch\n\ndef abs(x, out=None): ...", "softmax.py": FORGED})
    result = project.judge("--kb-facets=basic", "-n", "2")
    lines = result.outlines
    commands = [line.strip() for line in lines if line.strip().startswith("::")]
    stop, *forged, resume, one, other = commands
    token = stop.removeprefix("::stop-commands::")
    assert resume == f"::{token}::"
    assert len(token) == 32
    assert sum("add-mask" in line for line in forged) >= 2  # printed while commands are stopped, and so only text
    assert one.startswith("::error file=submissions/mine/abs.py,line=3,title=abs%3A ")
    assert other.startswith("::error file=submissions/mine/softmax.py,line=2,title=softmax%3A refused in basic::")
    assert "%0A::add-mask::passed" in other
    assert "relu.py" not in one + other
