"""`pytest-kernelbench report`: what it writes, and what it says of files that are not what they should be."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from records import correctness, results

from pytest_kernelbench import cli
from pytest_kernelbench.report import command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A results file of two kernels."""
    path = tmp_path / "results.jsonl"
    records = [correctness("relu", category="Activation"), correctness("abs", "crash", "basic", category="Math")]
    path.write_text("".join(f"{record.to_json()}\n" for record in records))
    return path


def test_each_kind_of_report(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, figures = file.parent / "deep" / "page.html", file.with_name("figures.json")
    assert cli.main(["report", str(file), "--html", str(page), "--json", str(figures)]) == 0
    assert capsys.readouterr() == ("", "")
    assert page.read_text().startswith("<!doctype html>")
    assert json.loads(figures.read_text())["records"] == 2
    for options in ([], ["--markdown"], ["--markdown", "--html", str(page)]):
        assert cli.main(["report", str(file), *options]) == 0
        assert "| `mine` | 2 | 1 of 176" in capsys.readouterr().out
    assert sorted(path.name for path in page.parent.iterdir()) == ["page.html"]


def test_what_is_broken_is_said_and_the_rest_is_reported(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = file.read_text().splitlines()
    other = lines[0].replace('"schema": 1', '"schema": 99')
    file.write_text("\n".join([*lines, other, lines[0][:70]]))
    page = file.with_name("page.html")
    assert cli.main(["report", str(file), "--html", str(page)]) == 0
    said = capsys.readouterr().err
    assert f"note: {file}: line 3: not a record of schema 1" in said
    assert f"note: {file}: line 4: the last line is cut off" in said
    assert "the last line is cut off" in page.read_text()


def test_nothing_to_report_is_an_error_that_names_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "folder").mkdir()
    page = tmp_path / "page.html"
    page.write_text("as it was")
    paths = [str(tmp_path / name) for name in ("empty.jsonl", "folder", "absent.jsonl")]
    assert cli.main(["report", *paths, "--html", str(page)]) == 1
    said = capsys.readouterr().err
    assert "empty.jsonl: no records; " in said
    assert "folder: no *.jsonl in this folder; " in said
    assert "absent.jsonl: not read: No such file or directory" in said
    assert page.read_text() == "as it was"
    assert cli.main(["report"]) == 2


def test_a_file_that_cannot_be_written(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for target in (file.parent, file / "page.html"):
        for option in ("--html", "--json"):
            assert cli.main(["report", str(file), option, str(target)]) == 1
            assert str(target.parent if target.parent == file else target) in capsys.readouterr().err


def test_a_page_may_go_into_a_pipe(file: Path) -> None:
    pipe = file.with_name("pipe")
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert cli.main(["report", str(file), "--html", str(pipe)]) == 0
        assert os.read(reader, 15) == b"<!doctype html>"
    finally:
        os.close(reader)


def test_a_page_that_fails_half_way_leaves_the_old_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = file.with_name("page.html")
    page.write_text("as it was")

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert cli.main(["report", str(file), "--html", str(page)]) == 1
    assert page.read_text() == "as it was"
    assert sorted(path.name for path in file.parent.iterdir()) == ["page.html", "results.jsonl"]


def test_at_the_end_of_a_session_a_page_that_cannot_be_written_goes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "file").touch()
    written = command.write_report(results(correctness("Math_0")), tmp_path / "file" / "page.html")
    assert written.name == "page.html"
    assert written.parent.name.startswith("kernelbench-")
    assert written.read_text().startswith("<!doctype html>")
