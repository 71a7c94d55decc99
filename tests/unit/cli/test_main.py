"""The command line as a whole: its commands, its exit statuses, and where messages go."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys

import pytest

from pytest_kernelbench import __version__
from pytest_kernelbench.cli import main, tasks
from pytest_kernelbench.model.errors import KernelBenchError

NAMES = (
    "import", "check", "new-task", "evaluate", "tasks", "report", "compare", "board", "export", "findings", "doctor",
)  # fmt: skip


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["--help"]) == 0
    listed = re.findall(r"^    ([a-z-]+)  +\S", capsys.readouterr().out, re.MULTILINE)
    assert tuple(listed) == NAMES
    assert len(main.COMMANDS) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_command_has_a_help_text(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: pytest-kernelbench {name} ")
    # Each argument has a text beside it, or below it where it is long.
    assert not re.search(r"^  (--)?\S+( [A-Z]+)?\n(?!  {3,})", text, re.MULTILINE)


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["--version"]) == 0
    assert capsys.readouterr().out == f"pytest-kernelbench {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["compare", "one"], ["import", "x"], ["report"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(arguments) == 2
    assert capsys.readouterr().err.startswith("usage: pytest-kernelbench")


@pytest.mark.parametrize("error", [KernelBenchError("no such thing"), OSError("no such thing")])
def test_a_failure_is_one_line(
    error: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(arguments: argparse.Namespace) -> int:
        raise error

    monkeypatch.setattr(tasks, "run", fail)
    assert main.main(["tasks"]) == 1
    assert capsys.readouterr() == ("", "pytest-kernelbench: no such thing\n")


def test_a_mistake_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(arguments: argparse.Namespace) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(tasks, "run", fail)
    with pytest.raises(ZeroDivisionError):
        main.main(["tasks"])


def test_nothing_heavy_is_imported_before_a_command_runs() -> None:
    heavy = {"torch", "triton", "numpy", "hypothesis", "pytest", "rich", "jinja2"}
    code = f"import sys, pytest_kernelbench.cli.main; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
