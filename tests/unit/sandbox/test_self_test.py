"""The self-test of the sandbox: every measure holds here, and without one of them the test says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_kernelbench.evaluation.session import EvaluationSession, SharedState
from pytest_kernelbench.evaluation.settings import Settings
from pytest_kernelbench.model.catalogue import Catalogue
from pytest_kernelbench.model.errors import KernelBenchError
from pytest_kernelbench.model.judging import JudgingSettings
from pytest_kernelbench.sandbox import self_test
from tests.unit.sandbox import confined


@confined
def test_every_measure_holds_here() -> None:
    assert [measure.broken for measure in self_test.measures()] == [""] * len(self_test.ADVICE)


@confined
@pytest.mark.parametrize(
    ("taken", "broken"),
    [
        ("landlock.restrict", {"files", "processes"}),
        ("seccomp.refuse", {"network", "calls", "permissions"} | ({"processes"} if os.geteuid() else set())),
    ],
)
def test_without_a_measure_something_comes_through(
    taken: str, broken: set[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "without.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from pytest_kernelbench.sandbox import landlock, seccomp, self_test\n"
        f"{taken} = lambda *rest, **more: (_ for _ in ()).throw(OSError('not here'))\n"
        "self_test._main(Path(sys.argv[1]), *map(int, sys.argv[2:]))\n"
    )
    real = self_test.subprocess.run
    monkeypatch.setattr(
        self_test.subprocess, "run", lambda command, **more: real([command[0], script, *command[3:]], **more)
    )
    assert {measure.name for measure in self_test.measures() if not measure.holds} == broken


def test_the_session_says_what_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [self_test.Measure("files", "1 of 5", "ask for Landlock"), self_test.Measure("network", "", "")]
    monkeypatch.setattr(self_test, "measures", lambda: broken)
    text = "the sandbox does not hold for files here (see pytest-kernelbench doctor)"
    assert session("best").unconfined() == text
    with pytest.raises(KernelBenchError, match="does not hold on this machine\n  files: 1 of 5; must ask for Landlock"):
        session("strict").unconfined()


def session(mode: str) -> EvaluationSession:
    """Return a session with a mode of the sandbox."""
    return EvaluationSession(Settings(judging=JudgingSettings(sandbox=mode)), SharedState(Catalogue.find(), None))
