"""--kb-sandbox: how kernels are confined, and what is said where they are not."""

from __future__ import annotations

import pytest

from tests.support.project import TORCH_RELU, Project

READING = "open('/etc/hostname').read()\n" + TORCH_RELU

MACHINE = """
from pytest_kernelbench.sandbox import landlock

def restrict(allowed):
    raise OSError("this machine has no Landlock")

landlock.restrict = restrict
"""
"""Makes this machine one without Landlock, in every Python that finds it."""


@pytest.fixture
def without_landlock(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take Landlock from this machine."""
    project.write({"site/sitecustomize.py": MACHINE})
    monkeypatch.setenv("PYTHONPATH", str(project.path / "site"), prepend=":")


def test_an_unknown_mode(project: Project) -> None:
    project.submit({"relu.py": TORCH_RELU})
    said = project.refused("--kb-submission=mine", "--kb-sandbox=strickt")
    assert said == "ERROR: --kb-sandbox=strickt: did you mean strict? (one of 3)"


@pytest.mark.slow
def test_strict_and_off(project: Project) -> None:
    project.submit({"relu.py": READING})
    result = project.judge("--kb-sandbox=strict")
    result.stdout.fnmatch_lines(["load_error in load: Activation relu of mine", "*PermissionError*/etc/hostname*"])
    result.stdout.no_fnmatch_line("kernelbench: *sandbox*")
    result = project.judge("--kb-sandbox=off")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["kernelbench: no sandbox (--kb-sandbox=off): kernels can read and write what*"])


@pytest.mark.usefixtures("without_landlock")
@pytest.mark.slow
def test_a_machine_without_landlock(project: Project) -> None:
    project.submit({"relu.py": READING})
    result = project.judge()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["kernelbench: the sandbox does not hold for files, processes here (see *doctor)"])
    said = project.refused("--kb-submission=mine", "--kb-sandbox=strict")
    assert said.startswith(
        "ERROR: --kb-sandbox=strict: the sandbox does not hold on this machine\n  files: this machine"
    )
    assert len(project.collect("--kb-submission=mine", "--kb-sandbox=strict")) == 1
