"""Writing reports: whole or not at all, and somewhere else if need be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_kernelbench.report import writer
from pytest_kernelbench.report.contents import contents
from tests.support.records import correctness, results


def test_folders_are_made(tmp_path: Path) -> None:
    found = contents(results(correctness("Math_0")))
    writer.write_page(found, tmp_path / "a" / "b" / "page.html")
    writer.write_json(found, tmp_path / "c" / "figures.json")
    assert (tmp_path / "a" / "b" / "page.html").read_text().startswith("<!doctype html>")
    figures = json.loads((tmp_path / "c" / "figures.json").read_text())
    assert (figures["schema"], figures["records"]) == (writer.SCHEMA, 1)
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["figures.json"]


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="is a folder; expected the name of a file"):
        writer.write_page(contents(results(correctness("Math_0"))), tmp_path)


def test_at_the_end_of_a_session_a_page_that_cannot_be_written_goes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "file").touch()
    written = writer.write_report(results(correctness("Math_0")), tmp_path / "file" / "page.html")
    assert written.name == "page.html"
    assert written.parent.name.startswith("kernelbench-")
    assert written.read_text().startswith("<!doctype html>")
