"""`pytest-kernelbench import` on the command line, and what it prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_kernelbench.cli import main
from pytest_kernelbench.model.catalogue import Catalogue
from tests.support.imports import CODE, Import, catalogue_in, importer


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """A catalogue that the command line finds, too."""
    catalogue = catalogue_in(tmp_path / "tasks")
    monkeypatch.setattr(Catalogue, "find", lambda roots=None: catalogue)
    return catalogue


@pytest.fixture
def imported(tmp_path: Path, catalogue: Catalogue) -> Import:
    return importer(tmp_path, catalogue)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "into"


class TestSummary:
    def test_counts_and_reasons(self, imported: Import, into: Path) -> None:
        rows = [{"task": "relu", "code": CODE, "round": turn} for turn in (10, 9, 9)]
        summary = imported(*rows, {"task": "attention", "code": CODE, "round": 9}, {"task": "x", "code": CODE}, "?")
        place = into.parent / "rows.jsonl"
        assert summary.text() == (
            f"{into}: 3 kernels for 2 tasks, 2 variants\n"
            f"  round_9          2\n"
            f"  round_10         1\n"
            f"left out: 3 of 6 rows\n"
            f"  exact duplicate: 1, as {place}:3  relu: {place}:2\n"
            f"  no such task in this version: 1, as {place}:5  x\n"
            f"  not JSON: 1, as {place}:6  Expecting value: line 1 column 1 (char 0)"
        )

    def test_one_of_each(self, imported: Import, into: Path) -> None:
        assert imported({"task": "relu", "code": CODE}).text() == f"{into}: 1 kernel for 1 task"


class TestCommandLine:
    def test_import(self, tmp_path: Path, catalogue: Catalogue, into: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "rows.jsonl").write_text(json.dumps({"task": "relu", "code": CODE}))
        arguments = ["import", str(tmp_path / "rows.jsonl"), "--into", str(into)]
        assert main.main(arguments) == 0
        assert capsys.readouterr().out == f"{into}: 1 kernel for 1 task\n"
        assert main.main(arguments) == 1
        assert f"pytest-kernelbench: {into}: is not empty" in capsys.readouterr().err
        assert main.main([*arguments, "--force", "--tracked"]) == 0

    def test_nothing_to_import_is_a_failure(self, tmp_path: Path, catalogue: Catalogue, into: Path) -> None:
        (tmp_path / "rows.jsonl").write_text("{}")
        assert main.main(["import", str(tmp_path / "rows.jsonl"), "--into", str(into)]) == 1
        assert not into.exists()

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path, catalogue: Catalogue) -> None:
        (tmp_path / "rows.jsonl").write_text(json.dumps({"task": "relu", "code": CODE}))
        assert main.main(["import", str(tmp_path / "rows.jsonl"), "--into", str(tmp_path / "rows.jsonl" / "x")]) == 1

    @pytest.mark.parametrize(
        "arguments", [[], ["import"], ["import", "a.jsonl"], ["import", "--into", "x"], ["exprot"]]
    )
    def test_wrong_usage(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert main.main(arguments) == 2
        assert "usage: pytest-kernelbench" in capsys.readouterr().err

    @pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["import", "--help"], ["doctor", "--help"]])
    def test_help(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert main.main(arguments) == 0
        assert "pytest-kernelbench" in capsys.readouterr().out
