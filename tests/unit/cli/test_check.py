"""`pytest-kernelbench check`: which files it hands to pytest, and how."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_kernelbench.cli import check, main


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that were started; none of them runs."""
    commands: list[list[str]] = []

    def call(command: list[str]) -> int:
        commands.append(command)
        return 3

    monkeypatch.setattr(check.subprocess, "call", call)
    return commands


def test_files_without_kernels_start_nothing(started: list[list[str]]) -> None:
    assert main.main(["check"]) == 0
    assert main.main(["check", "mine/_helpers.py", "README.md", "mine/submission.toml"]) == 0
    assert started == []


def test_kernels_are_judged_in_a_process_of_its_own(started: list[list[str]], tmp_path: Path) -> None:
    files = [tmp_path / "mine" / name for name in ("Math/exp.py", "round_1/relu.py", "_tools.py")]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / "mine" / "submission.toml").touch()
    assert main.main(["check", *map(str, files)]) == 3
    ((python, *arguments),) = started
    assert python == sys.executable
    assert arguments[:2] == ["-m", "pytest"]
    assert arguments[-3:] == [f"--kb-submission={tmp_path}/mine", *map(str, files[:2])]
    assert f"--kb-facets={check.QUICK}" in arguments
    assert arguments[arguments.index("-m", 2) + 1] == "correctness or compile"


def test_other_facets(started: list[list[str]], tmp_path: Path) -> None:
    (tmp_path / "relu.py").touch()
    main.main(["check", "--facets=basic", "--tasks=own", str(tmp_path / "relu.py")])
    assert {"--kb-facets=basic", "--kb-tasks=own"} < set(started[0])


def test_folders_are_judged_and_other_files_refused(
    started: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "relu.py").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    assert main.main(["check", str(tmp_path / "mine")]) == 3
    assert started[0][-2:] == [f"--kb-submission={tmp_path}/mine", f"{tmp_path}/mine"]
    for name, said in (("notes.txt", "is no kernel"), ("absent.py", "no such file"), ("empty", "no kernels")):
        assert main.main(["check", str(tmp_path / name)]) == 1
        assert said in capsys.readouterr().err
    assert len(started) == 1
